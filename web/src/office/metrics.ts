import { computed, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { spoken } from '@/words'

/** What a wall shows of all figures; the rest stands in the list and on the page of a class. */
export const HEADLINES = ['due', 'reported', 'missing', 'fever', 'symptoms', 'attention'] as const

/** Names and kinds of all figures, as the API declares them: one that is added there is shown here. */
export const useMetrics = defineStore('metrics', () => {
  const all = shallowRef<Schemas['MetricOut'][]>([])
  const byName = computed(() => new Map(all.value.map((one) => [one.name, one])))

  async function learn(): Promise<void> {
    if (!all.value.length) all.value = await answered(api.GET('/api/v1/metrics'))
  }

  function label(name: string): string {
    const found = byName.value.get(name)
    if (!found) return name
    const [short = found.en] = found.en.split(':') // what follows says how it is counted
    return spoken() === 'en' ? short.charAt(0).toUpperCase() + short.slice(1) : found.zh
  }

  return { all, byName, learn, label }
})
