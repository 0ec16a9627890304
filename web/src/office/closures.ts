import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import type { IconName } from '@/shared/icons'
import type { Mood } from '@/shared/StatusChip.vue'
import { listed, words } from '@/words'

export type Order = Schemas['ClosureOrderOut']
export type Term = Schemas['ClosureTermOut']
export type Degree = Schemas['Degree']
export type VenueKind = Schemas['VenueKind']

/** The least strict first, as the API has them. */
export const DEGREES = ['open', 'no_gathering', 'closed_to_society', 'closed'] as const satisfies readonly Degree[]
/** A shape for each beside the colour. */
export const MARKS: Record<Degree, [Mood, IconName]> = {
  open: ['good', 'check'],
  no_gathering: ['brand', 'family'],
  closed_to_society: ['warn', 'gate'],
  closed: ['bad', 'close'],
}
/** What can be closed by its kind; a campus is closed with the whole. */
export const KINDS = [
  'gate',
  'teaching_building',
  'library',
  'laboratory',
  'gymnasium',
  'sports_ground',
  'activity_centre',
  'dormitory',
  'canteen',
  'office_building',
  'other',
] as const satisfies readonly VenueKind[]

/** Kinds of venues in words, in one order wherever they are named. */
export const kindNames = (some: readonly string[]): string =>
  listed(KINDS.filter((one) => some.includes(one)).map((one) => words.global.t(`office.closures.kinds.${one}`)))

export type Standing = 'now' | 'coming' | 'over'

/** Whether something of an order holds now, or will, or nothing any more. */
export function standing(order: Order): Standing {
  if (order.in_force) return 'now'
  return order.terms.some((one) => Date.parse(one.since) > Date.now()) ? 'coming' : 'over'
}

/** What an order says now, else what it will say first, else what it said last. Nothing: lifted before it began. */
export function saying(order: Order): Term | undefined {
  const now = Date.now()
  const ended = (one: Term): boolean => one.until !== null && Date.parse(one.until) <= now
  return order.terms.find((one) => !ended(one)) ?? order.terms[order.terms.length - 1]
}

export interface Touched {
  /** Schools in the place of an order. */
  schools: number
  /** Of those, at the moment from which it holds, the ones that are less strictly closed than it closes. */
  looser: number
}

/** How many schools an order for the whole of a place touches, from a moment on; null: from now. */
export async function touched(place: number, degree: Degree, at: string | null): Promise<Touched> {
  const params = { path: { institution_id: place }, query: { at } }
  const { schools } = await answered(api.GET('/api/v1/institutions/{institution_id}/closures/children', { params }))
  const counts = DEGREES.map((one) => schools[one] ?? 0)
  const sum = (of: number[]): number => of.reduce((total, one) => total + one, 0)
  return { schools: sum(counts), looser: sum(counts.slice(0, DEGREES.indexOf(degree))) }
}

/** For the whole of how many schools an order decides at a moment: lifted, the next strictest does, or none. */
export async function decidedBy(order: Order, at: string | null): Promise<number> {
  const params = { path: { institution_id: order.institution_id }, query: { at } }
  const { items } = await answered(
    api.GET('/api/v1/institutions/{institution_id}/closures/deciding-orders', { params }),
  )
  return items.find((one) => one.order_id === order.id)?.institution_ids.length ?? 0
}
