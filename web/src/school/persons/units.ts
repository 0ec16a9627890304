import { computed, shallowRef, watch } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { useAttempt } from '@/shared/attempt'
import { usePlace } from '../place'
import { every } from '../roll'

type Unit = Schemas['UnitOut']

/** The classes, departments and dormitories of the school that is looked at, by name. */
export const useUnits = defineStore('units', () => {
  const place = usePlace()
  const all = shallowRef<Unit[]>([])
  const { failure, attempt } = useAttempt()

  const learn = (): Promise<void> =>
    attempt(async () => {
      if (place.id === null) return
      const path = { institution_id: place.id }
      all.value = await every((cursor) =>
        api.GET('/api/v1/institutions/{institution_id}/units', { params: { path, query: { limit: 200, ...cursor } } }),
      )
    })
  watch(
    () => place.id,
    () => {
      all.value = []
      void learn()
    },
  )

  const of = (...kinds: Schemas['UnitKind'][]): Unit[] => all.value.filter((one) => kinds.includes(one.kind))
  const classes = computed(() => of('class'))
  const departments = computed(() => of('department', 'grade'))
  const dormitories = computed(() => of('dormitory'))
  const nameOf = (id: number | null): string | null =>
    id === null ? null : (all.value.find((one) => one.id === id)?.name ?? null)

  return { all, classes, departments, dormitories, nameOf, learn, failure }
})
