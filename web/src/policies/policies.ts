import type { Schemas } from '@/api/client'
import { capital } from '@/words'
import { read, type Json, type Shape } from './shape'

type Values = 'value' | 'own_value' | 'bound' | 'default'
export type Policy = Omit<Schemas['PolicyOut'], 'shape' | Values> & Record<Values, Json> & { shape: Shape }

const GROUPS = {
  checkins: [
    'fever_threshold',
    'slots',
    'symptoms',
    'due_kinds',
    'checkin_backdating_days',
    'class_report_by',
    'school_report_by',
    'reminders',
    'quiet_hours',
  ],
  reports: [
    'report_cutoff_school',
    'report_cutoff_office',
    'report_as_of',
    'school_days',
    'report_signers',
    'report_reminders',
    'bulletin_review',
  ],
  epidemic: [
    'key_areas',
    'cluster',
    'cluster_report_hours',
    'suspected_case_hours',
    'observation_days',
    'observation_readings',
    'reopening_plan_days',
  ],
  entries: [
    'entry_hours',
    'entry_fever_days',
    'entry_readings_days',
    'approval_chain',
    'approval_chain_visitors',
    'entry_reminder_hours',
    'pass_longest_days',
    'pass_single_use',
    'pass_rotating',
    'overstay_minutes',
  ],
  data: ['retention_days', 'gate_retention_days', 'small_cells_below'],
} as const
export type Group = keyof typeof GROUPS | 'other'

export const told = (one: Schemas['PolicyOut']): Policy =>
  ({ ...one, title: capital(one.title), shape: read(one.shape) }) as Policy

/** The settings by what they are about; one that this program does not know yet stands among the others. */
export function grouped(all: Policy[]): [Group, Policy[]][] {
  const left = new Map(all.map((one) => [one.key, one]))
  const named = Object.entries(GROUPS).map(([group, keys]): [Group, Policy[]] => {
    const found = keys.flatMap((key) => left.get(key) ?? [])
    keys.forEach((key) => left.delete(key))
    return [group as Group, found]
  })
  return [...named, ['other', [...left.values()]] as [Group, Policy[]]].filter(([, some]) => some.length)
}

/** A copy that may be changed. */
export const copied = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json
