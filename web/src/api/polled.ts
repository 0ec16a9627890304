import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { recall, retain } from '@/shared/store'
import { follow } from './away'
import { passes, reached, Refused, type Failure } from './problems'

interface Call<T> {
  data?: T
  error?: unknown
  response: Response
}

interface Wanted {
  /** Milliseconds between two looks while the page is seen; 0: only when it comes to the front or is asked to. */
  every: number
  /** A name under which the last answer is kept on this device, to be shown without a network. */
  kept?: string
}

const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 60_000

export interface Polled<T> {
  data: ShallowRef<T | null>
  /** When `data` was heard last; what is shown may be older than now. */
  asOf: Ref<Date | null>
  failure: ShallowRef<Failure | null>
  busy: Ref<boolean>
  /** Done when an answer is there that was asked for after this call, or has failed. */
  refresh: () => Promise<void>
}

/**
 * An answer of the API that is asked for again: at intervals, when the page comes to the front, when the network or the
 * service may be back. It names the tag that it has, and an unchanged answer costs a few bytes.
 */
export function usePolled<T>(ask: (headers: Record<string, string>) => Promise<Call<T>>, wanted: Wanted): Polled<T> {
  const data = shallowRef<T | null>(null)
  const asOf = ref<Date | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const busy = ref(false)
  let tag = ''
  let underWay: Promise<void> | null = null
  let pause = FIRST_PAUSE
  let again: ReturnType<typeof setTimeout> | undefined
  let left = false

  async function look(): Promise<void> {
    const { data: heard, error, response } = await reached(ask(tag ? { 'If-None-Match': tag } : {}))
    if (response.status === 304) {
      asOf.value = new Date()
      if (wanted.kept) await retain(wanted.kept, data.value) // as old as this answer, not as the one before
      return
    }
    if (!response.ok) throw new Refused(error as never, response)
    tag = response.headers.get('ETag') ?? ''
    data.value = heard as T
    asOf.value = new Date()
    if (wanted.kept) await retain(wanted.kept, heard)
  }

  async function once(): Promise<void> {
    busy.value = true
    try {
      await look()
      failure.value = null
      pause = FIRST_PAUSE
    } catch (thrown) {
      await begun // "nothing there" is said only where nothing was kept either
      failure.value = thrown as Failure
      if (passes(thrown)) askAgain(thrown as Failure)
    } finally {
      busy.value = false
      underWay = null
    }
  }

  /** A browser says when its network is back, and nobody says when the service is. */
  function askAgain(failed: Failure): void {
    const wished = failed instanceof Refused ? (failed.retryAfter ?? 0) * 1000 : 0
    clearTimeout(again)
    if (left) return
    again = setTimeout(whenSeen, Math.max(pause, wished))
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }

  async function refresh(): Promise<void> {
    // What has been done since the look under way began is not in its answer.
    while (underWay) await underWay
    await (underWay = once())
  }

  async function begin(): Promise<void> {
    const old = wanted.kept ? await recall<T>(wanted.kept) : null
    if (old && !data.value) {
      data.value = old.value
      asOf.value = old.at
    }
  }

  const whenSeen = (): void => void (document.visibilityState === 'visible' && !busy.value && refresh())
  const timer = wanted.every ? setInterval(whenSeen, wanted.every) : undefined
  document.addEventListener('visibilitychange', whenSeen)
  window.addEventListener('online', whenSeen)
  const leave = follow({ every: wanted.every, asOf, failure })
  onScopeDispose(() => {
    left = true
    leave()
    clearInterval(timer)
    clearTimeout(again)
    document.removeEventListener('visibilitychange', whenSeen)
    window.removeEventListener('online', whenSeen)
  })
  const begun = begin()
  void refresh()
  return { data, asOf, failure, busy, refresh }
}
