import type { RouteLocationRaw } from 'vue-router'
import type { Schemas } from '@/api/client'
import { ROOMS } from './rooms'

type Membership = Schemas['MembershipOut']

/** The page of a room for a thing that the API names, such as `reports` with the id `2026-11-28`. */
export type LeadsTo = (thing: string, id: string | undefined, memberships: Membership[]) => RouteLocationRaw | null

/** Where a message leads, in the first of the reader's rooms that has a page for it. */
export function placeOf(link: string | null, memberships: Membership[]): RouteLocationRaw | null {
  const [, thing, id] = link?.split('/') ?? []
  if (!thing) return null
  const roles = new Set(memberships.map((one) => one.role))
  const ofOwnChild = memberships.some((one) => one.role === 'guardian' && `/persons/${one.person_id}` === link)
  const rooms = ofOwnChild ? ROOMS.slice(-1) : ROOMS.filter((one) => one.homeOf(roles))
  return rooms.map((one) => one.leadsTo(thing, id, memberships)).find((one) => one !== null) ?? null
}
