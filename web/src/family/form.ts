import { computed, watch } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { usePolled } from '@/api/polled'
import type { Content } from '@/shared/store'
import { spoken } from '@/words'

type Answers = Schemas['AnswersOut']

/** Today's form with its labels, as the service asks it; kept on this device, so that it can be filled in anywhere. */
export const useForm = defineStore('form', () => {
  const polled = usePolled((headers) => api.GET('/api/v1/checkin-forms/current', { headers }), {
    every: 0,
    kept: 'form',
  })
  watch(spoken, () => void polled.refresh())
  const form = computed(() => polled.data.value)

  const options = (question: string): Schemas['OptionOut'][] =>
    form.value?.questions.find((one) => one.name === question)?.options ?? []
  const title = (question: string): string => form.value?.questions.find((one) => one.name === question)?.label ?? ''
  const label = (question: string, code: string): string =>
    options(question).find((one) => one.code === code)?.label ?? code

  /** Answers as the API takes them: what was not answered is left out. */
  function document(given: Answers): NonNullable<Content['answers']> {
    const { symptoms, whereabouts, places, contact } = given
    return { symptoms, places, ...(whereabouts && { whereabouts }), ...(contact && { contact }) }
  }

  return { form, options, title, label, document, refresh: polled.refresh }
})
