import { api } from '@/api/client'
import { answered } from '@/api/problems'
import type { Site } from './sheet'

/** From which temperature on it is a fever, in °C: by where it is measured, else the default. */
export type Threshold = { default: number } & Partial<Record<Site, number | null>>

const SETTING = 'fever_threshold'

/** The threshold that holds in a school now, whoever above has set it. */
export async function readThreshold(institution: number): Promise<Threshold | null> {
  const params = { path: { institution_id: institution } }
  const { items } = await answered(api.GET('/api/v1/institutions/{institution_id}/policies', { params }))
  return (items.find((one) => one.key === SETTING)?.value as Threshold | undefined) ?? null
}

export const feverFrom = (threshold: Threshold | null, site: Site | ''): number =>
  (site && threshold?.[site]) || (threshold?.default ?? Infinity)
