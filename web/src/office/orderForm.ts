import type { Schemas } from '@/api/client'
import { fromLocal, toLocal } from '@/words/dates'
import type { Degree, Term, VenueKind } from './closures'

export type Extent = 'whole' | 'kinds' | 'venues'

/** What is being written of an order; moments as the browser's own field has them, null: from now, until it is lifted. */
export interface OrderForm {
  number: string
  degree: Exclude<Degree, 'open'>
  extent: Extent
  kinds: VenueKind[]
  venues: number[]
  exceptions: boolean
  since: string | null
  until: string | null
  text: string
  reason: string
}

export const blank = (): OrderForm => ({
  number: '',
  degree: 'closed',
  extent: 'whole',
  kinds: [],
  venues: [],
  exceptions: true,
  since: null,
  until: null,
  text: '',
  reason: '',
})

/** An order as it says now, to be said otherwise. */
export const asSaid = (number: string, term: Term): OrderForm => ({
  ...blank(),
  number,
  degree: term.degree as OrderForm['degree'],
  extent: term.venue_kinds ? 'kinds' : term.venue_ids ? 'venues' : 'whole',
  kinds: term.venue_kinds ?? [],
  venues: term.venue_ids ?? [],
  exceptions: term.exceptions,
  since: Date.parse(term.since) > Date.now() ? toLocal(new Date(term.since)) : null,
  until: term.until && toLocal(new Date(term.until)),
  text: term.text,
})

export type Wrong = 'number' | 'kinds' | 'venues' | 'since' | 'until' | 'text' | 'reason'

/** What has to be filled in before anything is sent. */
export function wrongIn(form: OrderForm, amends: boolean): Wrong[] {
  const begins = form.since ?? toLocal(new Date())
  const wrong: [Wrong, boolean][] = [
    ['number', !amends && !form.number.trim()],
    ['kinds', form.extent === 'kinds' && !form.kinds.length],
    ['venues', form.extent === 'venues' && !form.venues.length],
    ['since', form.since === ''],
    ['until', form.until === '' || (form.until !== null && form.until <= begins)],
    ['text', !form.text.trim()],
    ['reason', amends && !form.reason.trim()],
  ]
  return wrong.filter(([, bad]) => bad).map(([what]) => what)
}

export const begins = (form: OrderForm): string | null => form.since && fromLocal(form.since)
export const ends = (form: OrderForm): string | null => form.until && fromLocal(form.until)

export const statement = (form: OrderForm): Omit<Schemas['ClosureOrderIn'], 'number'> => ({
  text: form.text.trim(),
  degree: form.degree,
  exceptions: form.exceptions,
  venue_kinds: form.extent === 'kinds' ? form.kinds : null,
  venue_ids: form.extent === 'venues' ? form.venues : null,
  since: begins(form),
  until: ends(form),
})
