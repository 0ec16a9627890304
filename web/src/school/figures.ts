import type { Schemas } from '@/api/client'
import type { Mood } from '@/shared/StatusChip.vue'

export type UnitFigures = Schemas['UnitFigures']

/** What is seen at a glance, in this order. */
export const METRICS = ['due', 'reported', 'missing', 'fever'] as const
export type Metric = (typeof METRICS)[number]
export const MOODS: Record<Metric, Mood> = { due: 'quiet', reported: 'good', missing: 'warn', fever: 'bad' }

/** The parts of a school's figures without those that count nobody; whoever stands in no unit is one of them. */
export const shownUnits = (items: UnitFigures[]): UnitFigures[] =>
  items.filter((one) => ['on_roll', ...METRICS].some((name) => one.counts[name]))

export const sum = (items: UnitFigures[], metric: Metric): number =>
  items.reduce((total, one) => total + (one.counts[metric] ?? 0), 0)
