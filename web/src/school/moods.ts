import type { Schemas } from '@/api/client'
import type { Mood } from '@/shared/StatusChip.vue'

export const STATUS: Record<Schemas['HealthStatus'], Mood> = { normal: 'good', attention: 'warn', fever: 'bad' }
export const DEGREES: Record<Schemas['Degree'], Mood> = {
  open: 'good',
  no_gathering: 'warn',
  closed_to_society: 'warn',
  closed: 'bad',
}
