import type { Schemas } from '@/api/client'

/** Found by a rule and not explained yet: the level above waits for the school's words. */
export const needsWords = (failure: Schemas['FailureOut']): boolean => failure.state === 'found'
