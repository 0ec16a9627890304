import type { Schemas } from '@/api/client'
import { codeOf, digest, fromBase64 } from '@/shared/minuteCode'
import { schoolDay } from '@/words/dates'
import type { Claims, Read } from './passTokens'

export type Kit = Schemas['GateKitOut']
export type Venue = Schemas['GateVenueOut']
type Closure = Schemas['GateClosureOut']

/** Why somebody is not let in; the codes of the API, and what only a phone without a network can say. */
export const FINDINGS = [
  'stranger',
  'forged',
  'other_school',
  'pass_revoked',
  'pass_not_valid_now',
  'venue_not_allowed',
  'pass_used',
  'code_stale',
  'closed_without_exception',
  'closed_to_society',
  'no_pass',
  'fever',
] as const
export type Finding = (typeof FINDINGS)[number]

/** What a phone knows while it has no network. */
export interface Known {
  kit: Kit
  revoked: ReadonlySet<number>
  /** Passes for one entry that have let somebody in, here or elsewhere. */
  used: ReadonlySet<number>
  now: Date
}

const TOLERANCE = 2 // minutes by which two phones' clocks may differ

/** What holds at a moment: the last that has begun. */
export const holding = (closures: readonly Closure[], now: Date): Closure | undefined =>
  closures.filter((one) => new Date(one.since) <= now).at(-1) ?? closures[0]

/** What speaks against a pass at a venue, in the order in which the API says it. */
export async function against(read: Read, venue: Venue, known: Known): Promise<Finding[]> {
  if (read.kind === 'stranger' || read.kind === 'forged') return [read.kind]
  if (read.kind !== 'pass') return []
  const { claims } = read
  if (claims.institution !== known.kit.institution_id) return ['other_school']
  const found: Finding[] = []
  const now = known.now.getTime()
  if (known.revoked.has(claims.passId)) found.push('pass_revoked')
  if (now < claims.from || now >= claims.until) found.push('pass_not_valid_now')
  if (!leadsTo(claims, venue)) found.push('venue_not_allowed')
  if (claims.single && venue.kind === 'gate' && known.used.has(claims.passId)) found.push('pass_used')
  if (claims.rotating && !(await isFresh(read.minute, claims.passId, known))) found.push('code_stale')
  return [...found, ...shut(venue, known)]
}

/** Closed to everybody, whatever they show. Beyond its days a kit says nothing: then the guard is asked. */
export const shut = (venue: Venue, { kit, now }: Pick<Known, 'kit' | 'now'>): Finding[] =>
  now < new Date(kit.good_until) && holding(venue.closures, now)?.exceptions === false
    ? ['closed_without_exception']
    : []

/** Whether a visitor without an approved request may be registered. */
export function closedToSociety(kit: Kit, now: Date): Closure | null {
  const held = holding(kit.closures, now)
  return held && ['closed_to_society', 'closed'].includes(held.degree) ? held : null
}

export const feverish = (kit: Kit, degrees: number, site: Schemas['Site']): boolean =>
  degrees >= (kit.fever_thresholds[site] ?? kit.fever_thresholds['default'] ?? 37.3)

// At a gate every pass of the school leads in; which doors it opens is asked at the doors.
function leadsTo({ venues }: Claims, venue: Venue): boolean {
  if (venue.kind === 'gate' || !venues.length) return true
  return venues.includes(venue.venue_id) || (venue.campus_id !== null && venues.includes(venue.campus_id))
}

async function isFresh(shown: string, passId: number, { kit, now }: Known): Promise<boolean> {
  const day = kit.days.find((one) => one.day === schoolDay(now))
  if (!day) return now >= new Date(kit.good_until) // too old to tell
  const secret = await digest(fromBase64(day.secret), new TextEncoder().encode(String(passId)))
  const shifts = Array.from({ length: 2 * TOLERANCE + 1 }, (_, index) => index - TOLERANCE)
  const likely = await Promise.all(shifts.map((shift) => codeOf(secret, now, shift)))
  return likely.includes(shown)
}
