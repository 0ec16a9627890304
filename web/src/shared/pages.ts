import { computed, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { usePolled, type Polled } from '@/api/polled'
import { answered, type Failure } from '@/api/problems'
import { useAttempt } from './attempt'

interface Page {
  items: unknown[]
  next?: string | null
}
interface Call<P> {
  data?: P
  error?: unknown
  response: Response
}
type Ask<P> = (cursor: { cursor?: string }, headers: Record<string, string>) => Promise<Call<P>>

export interface Pages<P extends Page> {
  first: Polled<P>
  /** All that have been read so far, the first one kept up to date. */
  pages: ComputedRef<P[]>
  /** What is in them; null until the first page is there. */
  items: ComputedRef<P['items'][number][] | null>
  failure: ShallowRef<Failure | null>
  further: ShallowRef<unknown>
  busy: Ref<boolean>
  whole: ComputedRef<boolean>
  more: () => Promise<void>
  refresh: () => Promise<void>
}

/** A list page by page; what was read further is dropped when the first page has changed. `every`: of that, as `usePolled` has it. */
export function usePages<P extends Page>(ask: Ask<P>, every = 0): Pages<P> {
  const first = usePolled<P>((headers) => ask({}, headers), { every })
  const later = shallowRef<{ after: P | null; pages: P[] }>({ after: null, pages: [] })
  const { busy, failure: further, attempt } = useAttempt()
  const pages = computed<P[]>(() => {
    const head = first.data.value
    return head ? [head, ...(later.value.after === head ? later.value.pages : [])] : []
  })
  const items = computed<P['items'][number][] | null>(() =>
    first.data.value ? pages.value.flatMap((one) => one.items) : null,
  )
  const cursor = computed(() => pages.value[pages.value.length - 1]?.next ?? null)
  const whole = computed(() => cursor.value === null)

  const more = (): Promise<void> =>
    attempt(async () => {
      const [head, ...rest] = pages.value
      const page = await answered(ask({ cursor: cursor.value! }, {}))
      later.value = { after: head ?? null, pages: [...rest, page] }
    })

  return { first, pages, items, failure: first.failure, further, busy, whole, more, refresh: first.refresh }
}
