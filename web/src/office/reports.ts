import type { paths } from '@/api/schema'

type Query = NonNullable<paths['/api/v1/institutions/{institution_id}/daily-reports']['get']['parameters']['query']>
/** Which reports of a day are looked at, as the API is asked for them. */
export type ReportsAsked = Query

const MOST = 50

/** What the counts of a collection open into. */
export const LOOKS = {
  outstanding: { outcome: 'missing' },
  tardy: { on_time: false },
  cases: { outcome: 'cases', kind: 'school' },
  zero: { outcome: 'zero', kind: 'school' },
  returned: { state: 'returned' },
} as const satisfies Record<string, Query>

export type ReportsLook = keyof typeof LOOKS

export const asking = (look: ReportsLook, day: string): ReportsAsked => ({ ...LOOKS[look], day, limit: MOST })
