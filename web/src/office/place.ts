import { computed, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import { schoolDay } from '@/words/dates'

export interface Here {
  id: number
  day: ComputedRef<string>
  today: ComputedRef<boolean>
  /** The figure that was opened; it stays open from the province down to the class. */
  figure: ComputedRef<string>
  /** What a link takes along. */
  kept: ComputedRef<Record<string, string>>
}

/** Which place, day and figure the page's address names. */
export function useHere(): Here {
  const route = useRoute()
  const id = Number(route.params['id'])
  const now = schoolDay(new Date())
  const asked = computed(() => String(route.query['day'] ?? ''))
  const day = computed(() => (/^\d{4}-\d{2}-\d{2}$/.test(asked.value) ? asked.value : now))
  const figure = computed(() => String(route.query['figure'] ?? 'missing'))
  const kept = computed(() => ({
    ...(route.query['figure'] ? { figure: figure.value } : {}),
    ...(day.value === now ? {} : { day: day.value }),
  }))
  return { id, day, today: computed(() => day.value === now), figure, kept }
}
