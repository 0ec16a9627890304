import type { Mood } from '@/shared/StatusChip.vue'
import type { Schemas } from '@/api/client'

export const MOODS: Record<Schemas['HealthStatus'], Mood> = { normal: 'good', attention: 'warn', fever: 'bad' }

/** A temperature as people write it; null where none was taken. */
export const measured = (degrees: number | null | undefined): string | null =>
  degrees == null ? null : `${degrees.toFixed(1)}℃`
