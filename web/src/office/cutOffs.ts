import { computed, onScopeDispose, ref, type ComputedRef } from 'vue'
import { api } from '@/api/client'
import { usePolled } from '@/api/polled'

export interface CutOffs {
  /** Of the schools below, then of the offices; without those that no policy names. */
  all: { who: 'school' | 'office'; time: string; left: number }[]
  /** Whether it has passed: who owes a report now is late with it. */
  past: { school: boolean; office: boolean }
}

const EVERY = 300_000

/** Until when the reports of a day are due by a place's policy, second by second. A level below may be stricter. */
export function useCutOffs(id: number, day: string): ComputedRef<CutOffs> {
  const { data } = usePolled(
    (headers) =>
      api.GET('/api/v1/institutions/{institution_id}/policies', { params: { path: { institution_id: id } }, headers }),
    { every: EVERY },
  )
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 1000)
  onScopeDispose(() => clearInterval(timer))

  const at = (key: string): string => {
    const value: unknown = data.value?.items.find((one) => one.key === key)?.value
    return typeof value === 'string' ? value.slice(0, 5) : ''
  }
  return computed(() => {
    const all = (['school', 'office'] as const)
      .map((who) => ({ who, time: at(`report_cutoff_${who}`) }))
      .filter((one) => one.time)
      .map((one) => ({ ...one, left: Math.floor((Date.parse(`${day}T${one.time}:00+08:00`) - now.value) / 1000) }))
    const past = (who: string): boolean => all.some((one) => one.who === who && one.left <= 0)
    return { all, past: { school: past('school'), office: past('office') } }
  })
}
