import type { Schemas } from '@/api/client'

export type Verdict = Schemas['Verdict']

/** Why, by request. */
export type Reasons = Record<number, string>
