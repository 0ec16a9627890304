import { computed, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { usePolled } from '@/api/polled'
import { answered, type Failure } from '@/api/problems'
import { useAttempt } from './attempt'

interface Page<T> {
  items: T[]
  next?: string | null
}
interface Call<T> {
  data?: Page<T>
  error?: unknown
  response: Response
}
type Ask<T> = (cursor: { cursor?: string }, headers: Record<string, string>) => Promise<Call<T>>

export interface Pages<T> {
  /** null until the first page is there. */
  items: ComputedRef<T[] | null>
  failure: ShallowRef<Failure | null>
  further: ShallowRef<unknown>
  busy: Ref<boolean>
  whole: ComputedRef<boolean>
  more: () => Promise<void>
  refresh: () => Promise<void>
}

/** A list page by page; what was read further is dropped when the first page has changed. */
export function usePages<T>(ask: Ask<T>): Pages<T> {
  const first = usePolled((headers) => ask({}, headers), { every: 0 })
  const later = shallowRef<{ after: unknown; pages: Page<T>[] }>({ after: null, pages: [] })
  const { busy, failure: further, attempt } = useAttempt()
  const pages = computed(() => {
    const head = first.data.value
    return head ? [head, ...(later.value.after === head ? later.value.pages : [])] : []
  })
  const items = computed(() => (first.data.value ? pages.value.flatMap((one) => one.items) : null))
  const cursor = computed(() => pages.value[pages.value.length - 1]?.next ?? null)
  const whole = computed(() => cursor.value === null)

  const more = (): Promise<void> =>
    attempt(async () => {
      const [head, ...rest] = pages.value
      const page = await answered(ask({ cursor: cursor.value! }, {}))
      later.value = { after: head, pages: [...rest, page] }
    })

  return { items, failure: first.failure, further, busy, whole, more, refresh: first.refresh }
}
