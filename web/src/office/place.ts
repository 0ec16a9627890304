import { computed, ref, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import { api, type Schemas } from '@/api/client'
import { usePolled, type Polled } from '@/api/polled'
import { schoolDay } from '@/words/dates'

/** The day that it is; a wall hangs there over midnight. */
export const thisDay = ref(schoolDay(new Date()))
setInterval(() => (thisDay.value = schoolDay(new Date())), 15_000)

export interface Here {
  id: number
  day: string
  today: boolean
  /** The figure that was opened; it stays open from the province down to the class. */
  figure: ComputedRef<string>
  /** What a link takes along. */
  kept: ComputedRef<Record<string, string>>
}

/** Which place, day and figure the page's address names; a page is made anew for another place or day. */
export function useHere(): Here {
  const route = useRoute()
  const id = Number(route.params['id'])
  const asked = String(route.query['day'] ?? '')
  const day = /^\d{4}-\d{2}-\d{2}$/.test(asked) ? asked : thisDay.value
  const today = day === thisDay.value
  const figure = computed(() => String(route.query['figure'] ?? 'missing'))
  const kept = computed(() => ({
    ...(route.query['figure'] ? { figure: figure.value } : {}),
    ...(today ? {} : { day }),
  }))
  return { id, day, today, figure, kept }
}

/** An institution as it stands, asked for once. */
export const useInstitution = (id: number): Polled<Schemas['InstitutionOut']> =>
  usePolled(
    (headers) =>
      api.GET('/api/v1/institutions/{institution_id}', { params: { path: { institution_id: id } }, headers }),
    { every: 0 },
  )
