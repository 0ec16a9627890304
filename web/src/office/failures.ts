import { api } from '@/api/client'
import { usePages, type Pages } from '@/shared/pages'
import type { Schemas } from '@/api/client'
import { dayAfter } from '@/words/dates'
import { thisDay } from './place'

const DAYS = 90
const MOST = 50
const EVERY = 60_000

/** The failures of a place and of all below it of the last months, the oldest first: that wait, or are decided. */
export const useFailures = (place: number, decided: boolean): Pages<Schemas['Page_FailureOut_']> =>
  usePages(
    (cursor, headers) =>
      api.GET('/api/v1/institutions/{institution_id}/report-failures', {
        params: {
          path: { institution_id: place },
          query: { from: dayAfter(thisDay.value, 1 - DAYS), to: thisDay.value, decided, limit: MOST, ...cursor },
        },
        headers,
      }),
    EVERY,
  )
