import { computed, onMounted, ref, shallowRef } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { useAttempt } from '@/shared/attempt'
import { every } from './roll'

const AGAIN = 30 * 60_000 // milliseconds within which the service asks nobody twice
const PER_PAGE = 200

/** Whose reading was asked for by hand today, in a school or a class, and the tap that asks for it. */
export function useReminders(institution: number, unit: number | null) {
  const asked = shallowRef(new Map<number, Schemas['ReminderOut']>())
  const now = ref(Date.now())
  const reading = useAttempt()
  const sending = useAttempt()
  const path = { institution_id: institution }

  const read = (): Promise<void> =>
    reading.attempt(async () => {
      const query = { limit: PER_PAGE, ...(unit !== null && { unit_id: unit }) }
      const found = await every((cursor) =>
        api.GET('/api/v1/institutions/{institution_id}/reminders', {
          params: { path, query: { ...query, ...cursor } },
        }),
      )
      asked.value = new Map(found.map((one) => [one.person_id, one]))
      now.value = Date.now()
    })
  onMounted(read)

  const remind = (): Promise<void> =>
    sending.attempt(async () => {
      await answered(
        unit === null
          ? api.POST('/api/v1/institutions/{institution_id}/reminders', { params: { path } })
          : api.POST('/api/v1/units/{unit_id}/reminders', { params: { path: { unit_id: unit } } }),
      )
      await read()
    })

  const isRecent = (one: Schemas['ReminderOut'] | undefined): boolean =>
    one !== undefined && Date.parse(one.asked_at) > now.value - AGAIN
  const last = computed(() => [...asked.value.values()].sort((a, b) => b.asked_at.localeCompare(a.asked_at))[0])
  const again = computed(() => new Date(Date.parse(last.value?.asked_at ?? '') + AGAIN))

  return { asked, last, again, isRecent, remind, busy: sending.busy, failure: sending.failure }
}

export type Reminders = ReturnType<typeof useReminders>
