import { computed, type ComputedRef } from 'vue'
import { api, type Schemas } from '@/api/client'
import { usePolled, type Polled } from '@/api/polled'
import type { IconName } from '@/shared/icons'
import type { Mood } from '@/shared/StatusChip.vue'

export type UnitFigures = Schemas['UnitFigures']

/** What is seen at a glance, in this order. */
export const METRICS = ['due', 'reported', 'missing', 'fever'] as const
export type Metric = (typeof METRICS)[number]
export const MOODS: Record<Metric, Mood> = { due: 'quiet', reported: 'good', missing: 'warn', fever: 'bad' }

/** How a class stands today: somebody has a fever, somebody is missing, or it is whole. */
export const STANDS = ['fever', 'missing', 'whole'] as const
export type Stand = (typeof STANDS)[number]
export const STAND_MOODS: Record<Stand, [Mood, IconName]> = {
  fever: ['bad', 'alert'],
  missing: ['warn', 'clock'],
  whole: ['good', 'check'],
}
export const standsOf = (unit: UnitFigures): Stand[] => {
  const found = (['fever', 'missing'] as const).filter((one) => unit.counts[one])
  return found.length ? found : ['whole']
}

/** The figures of a school by class, asked for again and kept on the device for when there is no network. */
export function useUnitFigures(
  institution: number,
  every: number,
): { polled: Polled<Schemas['UnitsFiguresOut']>; units: ComputedRef<UnitFigures[]> } {
  const params = { path: { institution_id: institution } }
  const polled = usePolled(
    (headers) => api.GET('/api/v1/institutions/{institution_id}/figures/units', { headers, params }),
    { every, kept: `units.${institution}` },
  )
  return { polled, units: computed(() => shownUnits(polled.data.value?.items ?? [])) }
}

/** The parts of a school's figures without those that count nobody; whoever stands in no unit is one of them. */
const shownUnits = (items: UnitFigures[]): UnitFigures[] =>
  items.filter((one) => ['on_roll', ...METRICS].some((name) => one.counts[name]))

export const sum = (items: UnitFigures[], metric: Metric): number =>
  items.reduce((total, one) => total + (one.counts[metric] ?? 0), 0)
