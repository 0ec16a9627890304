import { reactive } from 'vue'
import type { Schemas } from '@/api/client'
import { fromLocal, schoolDay, toLocal } from '@/words/dates'

export const PURPOSES = [
  'pick_up',
  'return',
  'study',
  'meeting',
  'work',
  'repair',
  'delivery',
  'inspection',
  'other',
] as const
export type Purpose = (typeof PURPOSES)[number]

export interface Other {
  name: string
  identity_number: string
  phone: string
}

/** What somebody fills in to ask to enter; tomorrow from eight to six, unless they say otherwise. */
export function useEntryForm() {
  const tomorrow = schoolDay(new Date(Date.now() + 86_400_000))
  const form = reactive({
    persons: [] as string[],
    others: [] as Other[],
    purpose: ['pick_up'] as Purpose[],
    reason: '',
    from: `${tomorrow}T08:00`,
    until: `${tomorrow}T18:00`,
    venues: [] as string[],
    well: false,
  })

  const window = (): Schemas['EntryChange'] => ({
    purpose: form.purpose[0] ?? 'other',
    reason: form.reason,
    venue_ids: form.venues.map(Number),
    valid_from: fromLocal(form.from),
    valid_until: fromLocal(form.until),
  })

  /** As the API takes it; that all are well was said for each of them. */
  const asked = (): Schemas['EntryIn'] => ({
    ...window(),
    persons: form.persons.map((id) => ({ person_id: Number(id) })),
    others: form.others.map(({ phone, ...one }) => ({ ...one, ...(phone && { phone }) })),
  })

  function fill(given: Schemas['EntryOut']): void {
    form.purpose = [given.purpose]
    form.reason = given.reason
    form.venues = given.venue_ids.map(String)
    form.from = toLocal(new Date(given.valid_from))
    form.until = toLocal(new Date(given.valid_until))
    form.well = true
  }

  return { form, window, asked, fill }
}
