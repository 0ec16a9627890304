import { computed, type ComputedRef } from 'vue'
import type { Schemas } from '@/api/client'
import { useSession } from '@/session/session'

type Role = Schemas['Role']

const OFFICES: ReadonlySet<Role> = new Set(['provincial_admin', 'city_admin', 'county_admin', 'analyst', 'reviewer'])

/** Whether somebody works in an office above the schools. */
export const inOffice = (roles: ReadonlySet<Role>): boolean => [...roles].some((one) => OFFICES.has(one))

/** The institutions that the account sees with all below them, by its offices. */
export function useRoots(): ComputedRef<number[]> {
  const session = useSession()
  return computed(() => rootsOf(session.me?.memberships ?? []))
}

export function rootsOf(memberships: Schemas['MembershipOut'][]): number[] {
  return [...new Set(memberships.filter((one) => OFFICES.has(one.role)).map((one) => one.institution_id))]
}
