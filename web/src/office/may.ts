import { computed, type ComputedRef } from 'vue'
import type { Schemas } from '@/api/client'
import type { Polled } from '@/api/polled'
import { useSession } from '@/session/session'

type Role = Schemas['Role']

const ADMINS: readonly Role[] = ['provincial_admin', 'city_admin', 'county_admin']
/** Decide for an office on what its schools and the offices below send it. */
export const REVIEWERS: readonly Role[] = [...ADMINS, 'reviewer']

export interface May {
  /** Gives orders for the place and sets its rules. */
  leads: ComputedRef<boolean>
  /** Sends the reports of the place or of one below it back, and decides on their failures: a level above alone. */
  reviews: (institution: number) => boolean
  /** Signs what the place itself reports. */
  signs: ComputedRef<boolean>
  /** Decides on entries that its schools refer to the place, or a level above does. */
  decides: ComputedRef<boolean>
  /** Whether an order by that issuer may be amended or lifted: by the issuer, or by a level above it. */
  changes: (issuer: number) => boolean
}

/** What the account may do at a place; the service decides, this only spares a button that would be refused. */
export function useMay(place: Polled<Schemas['InstitutionOut']>): May {
  const session = useSession()
  const way = computed(() => place.data.value?.lineage ?? [])
  const offices = (roles: readonly Role[]): number[] =>
    (session.me?.memberships ?? []).filter((one) => roles.includes(one.role)).map((one) => one.institution_id)
  const highest = computed(() => way.value.findIndex((one) => offices(ADMINS).includes(one)))

  function changes(issuer: number): boolean {
    const at = way.value.indexOf(issuer)
    return highest.value >= 0 && (at < 0 || at >= highest.value)
  }

  function reviews(institution: number): boolean {
    const above = institution === place.data.value?.id ? way.value.slice(0, -1) : way.value
    return above.some((one) => offices(REVIEWERS).includes(one))
  }

  return {
    leads: computed(() => highest.value >= 0),
    reviews,
    decides: computed(() => way.value.some((one) => offices(REVIEWERS).includes(one))),
    signs: computed(() => offices(ADMINS).some((one) => one === place.data.value?.id)),
    changes,
  }
}
