import { computed } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { usePolled } from '@/api/polled'
import { useMembers } from './members'

export type Pass = Schemas['PassOut']
type Standing = 'revoked' | 'used' | 'over' | 'notYet' | 'valid'

/** The passes of this account; kept on the device, since a gate has no network. */
export const usePasses = defineStore('passes', () => {
  const polled = usePolled((headers) => api.GET('/api/v1/me/passes', { headers, params: { query: { limit: 100 } } }), {
    every: 60_000,
    kept: 'passes',
  })
  const members = useMembers()
  // A pass hides the name from whoever looks over a shoulder; a family has to know whose it is.
  const named = (one: Pass): Pass => ({ ...one, name: members.find(one.person_id ?? 0)?.member.name ?? one.name })
  const passes = computed(() => (polled.data.value?.items ?? []).map(named))
  const find = (id: number): Pass | undefined => passes.value.find((one) => one.id === id)
  /** Whether it is known which there are, be it from last time. */
  const heard = computed(() => polled.data.value !== null || polled.failure.value !== null)
  return { passes, find, heard, failure: polled.failure, asOf: polled.asOf, refresh: polled.refresh }
})

/** What the gate would make of a pass at a moment. */
export function standing(pass: Pass, now: Date): Standing {
  if (pass.revoked_at) return 'revoked'
  if (pass.used && pass.single_use) return 'used'
  if (new Date(pass.valid_until) <= now) return 'over'
  return new Date(pass.valid_from) > now ? 'notYet' : 'valid'
}
