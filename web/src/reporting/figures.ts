import type { Schemas } from '@/api/client'
import { spoken } from '@/words'

/** What a figure of a report is called. */
export function titleOf(metrics: Schemas['MetricOut'][], name: string): string {
  const metric = metrics.find((one) => one.name === name)
  if (!metric) return name
  return spoken() === 'en' ? metric.en : metric.zh
}

/** Whether nothing happened, by the figures that tell of cases: a zero report. */
export const isZero = (metrics: Schemas['MetricOut'][], figures: Record<string, number> | undefined): boolean =>
  metrics.filter((one) => one.case).every((one) => !figures?.[one.name])
