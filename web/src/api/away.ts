import { computed, ref, shallowReactive, type Ref, type ShallowRef } from 'vue'
import { passes, type Failure } from './problems'

interface Look {
  /** Milliseconds between two looks; 0: what is asked for once, and is as good an hour later. */
  every: number
  asOf: Ref<Date | null>
  failure: ShallowRef<Failure | null>
}

const looks = shallowReactive(new Set<Look>())
const offline = ref(!navigator.onLine)
window.addEventListener('offline', () => (offline.value = true))
window.addEventListener('online', () => (offline.value = false))

/** Whether what the page shows may be older than it looks: there is no network, or the service does not answer. */
export const away = computed(() => offline.value || [...looks].some((one) => passes(one.failure.value)))

/** From when the oldest is of what the page would ask for again. */
export const knownAt = computed(() => {
  const heard = [...looks].filter((one) => one.asOf.value)
  const live = heard.filter((one) => one.every)
  return (live.length ? live : heard).map((one) => one.asOf.value!).sort((a, b) => +a - +b)[0] ?? null
})

/** Counts an answer among those that the page shows, until what is returned is called. */
export function follow(look: Look): () => void {
  looks.add(look)
  return () => looks.delete(look)
}
