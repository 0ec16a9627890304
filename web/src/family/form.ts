import { computed, watch } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { usePolled } from '@/api/polled'
import type { Content } from '@/shared/store'
import { spoken } from '@/words'

type Answers = Schemas['AnswersOut']
type Coded<T> = { code: T; label: string }

// The service says "sore throat", which stands here by itself.
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const begun = <T extends { label: string }>(one: T): T => ({ ...one, label: capital(one.label) })

/** Today's form with its labels, as the service asks it; kept on this device, so that it can be filled in anywhere. */
export const useForm = defineStore('form', () => {
  const polled = usePolled((headers) => api.GET('/api/v1/checkin-forms/current', { headers }), {
    every: 0,
    kept: 'form',
  })
  watch(spoken, () => void polled.refresh())
  const form = computed(() => polled.data.value)

  const asked = (name: string): Schemas['QuestionOut'] | undefined =>
    form.value?.questions.find((one) => one.name === name)
  const options = (question: string): Schemas['OptionOut'][] => (asked(question)?.options ?? []).map(begun)
  const title = (question: string): string => capital(asked(question)?.label ?? '')
  const sites = computed(() => (form.value?.sites ?? []).map(begun) as Coded<Schemas['Site']>[])
  const reasons = computed(() => (form.value?.not_measured_reasons ?? []).map(begun) as Coded<Schemas['NotMeasured']>[])
  const label = (question: string, code: string): string =>
    options(question).find((one) => one.code === code)?.label ?? code

  /** Answers as the API takes them: what was not answered is left out. */
  function document(given: Answers): NonNullable<Content['answers']> {
    const { symptoms, whereabouts, places, contact } = given
    return { symptoms, places, ...(whereabouts && { whereabouts }), ...(contact && { contact }) }
  }

  return { form, options, sites, reasons, title, label, document, refresh: polled.refresh }
})
