import type { Schemas } from '@/api/client'
import type { Mood } from '@/shared/StatusChip.vue'

export const ENTRY_MOODS: Record<Schemas['RequestState'], Mood> = {
  draft: 'quiet',
  submitted: 'brand',
  returned: 'warn',
  approved: 'good',
  refused: 'bad',
  withdrawn: 'quiet',
  expired: 'quiet',
}

export const OUTCOME_MOODS: Record<Schemas['EntryPersonOut']['outcome'], Mood> = {
  refused: 'bad',
  pending: 'brand',
  approved: 'good',
}

export const STEP_MOODS: Record<Schemas['StepState'], Mood> = {
  waiting: 'quiet',
  open: 'brand',
  passed: 'good',
  refused: 'bad',
  returned: 'warn',
  dropped: 'quiet',
}
