import { computed, inject, provide, ref, onScopeDispose, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import { api } from '@/api/client'
import { usePolled, type Polled } from '@/api/polled'
import type { Schemas } from '@/api/client'
import type { Kit, Venue } from './judging'
import { usePost } from './post'

const MINUTE = 60_000
const OLD = 12 * 60 * MINUTE
const SKEW = 2 * MINUTE

export interface Kept {
  institution: number
  kit: Polled<Kit>
  keys: Polled<Schemas['KeySetOut']>
  revocations: Polled<Schemas['RevocationsOut']>
  /** The time by the service's clock, told every little while. */
  now: Ref<Date>
  /** `missing`: nothing can be checked here. `over`: closures of today are not known any more. */
  state: ComputedRef<'missing' | 'over' | 'old' | 'fresh'>
  venue: ComputedRef<Venue | null>
  /** Looks at the clock: whoever slept over night wakes up with an old idea of now. */
  tick: () => void
  refresh: () => Promise<void>
}

const KEY: InjectionKey<Kept> = Symbol('kit')
export const useKit = (): Kept => inject(KEY)!

/** What a guard's phone keeps of a school for when there is no network. For the length of the room. */
export function provideKit(institution: number): Kept {
  const path = { institution_id: institution }
  const post = usePost()
  const kit = usePolled(
    async (headers) => {
      const answer = await api.GET('/api/v1/institutions/{institution_id}/gate-kits/current', {
        headers,
        params: { path },
      })
      if (answer.data) post.kept.skew = noticeable(Date.parse(answer.data.made_at) - Date.now())
      return answer
    },
    { every: 5 * MINUTE, kept: `gate.kit.${institution}` },
  )
  const keys = usePolled((headers) => api.GET('/.well-known/jwks.json', { headers }), {
    every: 30 * MINUTE,
    kept: 'gate.keys',
  })
  const revocations = usePolled(
    (headers) => api.GET('/api/v1/institutions/{institution_id}/pass-revocations', { headers, params: { path } }),
    { every: MINUTE, kept: `gate.revocations.${institution}` },
  )

  const now = ref(post.time())
  const tick = (): void => void (now.value = post.time())
  const timer = setInterval(tick, 15_000)
  onScopeDispose(() => clearInterval(timer))

  const state = computed(() => {
    const held = kit.data.value
    if (!held || !keys.data.value || !revocations.data.value) return 'missing'
    if (now.value >= new Date(held.good_until)) return 'over'
    return now.value.getTime() - Date.parse(held.made_at) > OLD ? 'old' : 'fresh'
  })
  const venue = computed(() => kit.data.value?.venues.find((one) => one.venue_id === post.kept.venue) ?? null)

  async function refresh(): Promise<void> {
    await Promise.all([kit.refresh(), keys.refresh(), revocations.refresh()])
    tick()
  }

  const kept = { institution, kit, keys, revocations, now, state, venue, tick, refresh }
  provide(KEY, kept)
  return kept
}

const noticeable = (skew: number): number => (Math.abs(skew) > SKEW ? skew : 0)
