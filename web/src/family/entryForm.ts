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

/** What somebody says of the last fourteen days: nothing of it, or which. It is asked of each, and never remembered. */
export interface Declared {
  anything: ('no' | 'yes')[]
  answers: Schemas['AnswersOut']
}

export interface Other {
  name: string
  identity_number: string
  phone: string
  health: Declared
}

export const undeclared = (): Declared => ({
  anything: [],
  answers: { symptoms: [], whereabouts: null, places: [], contact: null },
})

/** Whether it is said: who says that there was something has to say what. */
export function complete({ anything, answers }: Declared): boolean {
  const { symptoms, contact, places } = answers
  return (
    anything[0] === 'no' || Boolean(anything[0] && (symptoms.length || places.length || (contact ?? 'none') !== 'none'))
  )
}

export function health({ anything, answers }: Declared): Schemas['HealthIn'] {
  if (anything[0] !== 'yes') return { symptoms: [], contact: 'none', places: [] }
  const { symptoms, contact, places } = answers
  return { symptoms, contact: contact ?? 'none', places } as Schemas['HealthIn']
}

/** What somebody fills in to ask to enter; tomorrow from eight to six, unless they say otherwise. */
export function useEntryForm() {
  const tomorrow = schoolDay(new Date(Date.now() + 86_400_000))
  const form = reactive({
    persons: [] as string[],
    health: {} as Record<string, Declared>,
    others: [] as Other[],
    purpose: ['pick_up'] as Purpose[],
    reason: '',
    from: `${tomorrow}T08:00`,
    until: `${tomorrow}T18:00`,
    venues: [] as string[],
  })

  /** Who is chosen has something to say, and keeps it when the choice is changed and changed back. */
  function choose(persons: string[]): void {
    for (const id of persons) form.health[id] ??= undeclared()
    form.persons = persons
  }

  function addOther(): void {
    form.others.push({ name: '', identity_number: '', phone: '', health: undeclared() })
  }

  const window = (): Schemas['EntryChange'] => ({
    purpose: form.purpose[0] ?? 'other',
    reason: form.reason,
    venue_ids: form.venues.map(Number),
    valid_from: fromLocal(form.from),
    valid_until: fromLocal(form.until),
  })

  const said = (): boolean =>
    form.persons.length + form.others.length > 0 &&
    form.persons.every((id) => complete(form.health[id]!)) &&
    form.others.every((one) => complete(one.health))

  /** As the API takes it. */
  const asked = (): Schemas['EntryIn'] => ({
    ...window(),
    persons: form.persons.map((id) => ({ person_id: Number(id), health: health(form.health[id]!) })),
    others: form.others.map(({ phone, health: declared, ...one }) => ({
      ...one,
      health: health(declared),
      ...(phone && { phone }),
    })),
  })

  function fill(given: Schemas['EntryOut']): void {
    form.purpose = [given.purpose]
    form.reason = given.reason
    form.venues = given.venue_ids.map(String)
    form.from = toLocal(new Date(given.valid_from))
    form.until = toLocal(new Date(given.valid_until))
  }

  return { form, choose, addOther, window, said, asked, fill }
}
