import { computed, onMounted, onUnmounted, ref, type ComputedRef, type Ref } from 'vue'
import { Refused, saysNo, Unreachable } from '@/api/problems'
import { accountId, kept } from '@/session/tokens'
import { shelves, type Parcel, type Shelf } from './store'

const KEEP_DAYS = 2
const SOON = 2_000 // a network that is just back often drops the first call
const AGAIN = 30_000

export interface Outbox<T> {
  items: Ref<T[]>
  sending: Ref<boolean>
  /** This browser keeps nothing (it is full, or private): what waits is lost when the page is closed. */
  unkept: Ref<boolean>
  /** Counts answers, so that who shows what the service knows can ask anew. */
  landed: Ref<number>
  waiting: ComputedRef<T[]>
  refused: ComputedRef<T[]>
  load: () => Promise<void>
  put: (one: T) => Promise<void>
  dismiss: (id: string) => Promise<void>
  /** Sends what waits; called on load, after each parcel, when the network is back and when the page is seen. */
  flush: () => Promise<void>
}

/**
 * What is on its way to the service. Each parcel is written down on this device before anything else happens, is sent
 * until an answer comes, and says what has become of it. Sending twice is safe: it is named here. `send` tells what has
 * become of some parcels, or throws; `size` is how many the API takes at once.
 */
export function outbox<T extends Parcel>(shelf: Shelf, size: number, send: (some: T[]) => Promise<T[]>): Outbox<T> {
  const items = ref([]) as Ref<T[]>
  const sending = ref(false)
  const unkept = ref(false)
  const landed = ref(0)
  const waiting = computed(() => items.value.filter((one) => one.state === 'waiting'))
  const refused = computed(() => items.value.filter((one) => one.state === 'refused'))
  let timer: ReturnType<typeof setTimeout> | undefined
  let pause = SOON

  async function load(): Promise<void> {
    const before = unkept.value ? [] : items.value.map((one) => one.id)
    const base = await shelves().catch(() => null)
    if (!base) return
    const old = Date.now() - KEEP_DAYS * 86_400_000
    const all = (await base.getAll(shelf)) as unknown as T[]
    const own = all.filter((one) => one.account === accountId())
    const over = own.filter((one) => one.state === 'sent' && Date.parse(one.takenAt) < old)
    await Promise.all(over.map((one) => base.delete(shelf, one.id)))
    // What was put while this was read is not in it.
    const known = new Set([...before, ...own.map((one) => one.id)])
    const standing = own.filter((one) => !over.includes(one)).concat(items.value.filter((one) => !known.has(one.id)))
    items.value = standing.sort((a, b) => a.takenAt.localeCompare(b.takenAt))
  }

  async function put(one: T): Promise<void> {
    try {
      await (await shelves()).put(shelf, JSON.parse(JSON.stringify(one)) as never)
    } catch {
      unkept.value = true // it is sent all the same, while the page is open
    }
    items.value = [...items.value.filter((other) => other.id !== one.id), one]
  }

  async function dismiss(id: string): Promise<void> {
    await shelves()
      .then((base) => base.delete(shelf, id))
      .catch(() => undefined)
    items.value = items.value.filter((one) => one.id !== id)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    if (sending.value || !waiting.value.length || !kept.value?.access) return
    sending.value = true
    try {
      await alone(shelf, empty)
      pause = SOON
    } catch (failure) {
      const seconds = failure instanceof Refused ? failure.retryAfter : null
      timer = setTimeout(() => void flush(), seconds ? seconds * 1000 : pause)
      pause = Math.min(pause * 2, AGAIN)
    } finally {
      sending.value = false
    }
  }

  async function empty(): Promise<void> {
    await load() // another tab may have sent some meanwhile
    while (waiting.value.length) {
      await settle(waiting.value.slice(0, size))
      landed.value += 1
    }
  }

  /** Settles at least one of `some`, or throws where trying again later may help. */
  async function settle(some: T[]): Promise<void> {
    try {
      const told = await send(some)
      if (!told.length) throw new Unreachable() // an answer that says nothing of what was sent
      for (const one of told) await put(one)
    } catch (failure) {
      if (!saysNo(failure)) throw failure
      const [first] = some
      const detail = failure.fields[0]?.detail ?? failure.message
      // What is refused as a whole may hold one that is wrong: find out by sending them one by one.
      if (some.length > 1) for (const one of some) await settle([one])
      else if (first) await put({ ...first, state: 'refused', problem: { code: failure.code, detail } })
    }
  }

  return { items, sending, unkept, landed, waiting, refused, load, put, dismiss, flush }
}

/** Tabs take turns. Outside of a secure context there are no locks, and the service forgives what comes twice. */
async function alone(name: string, work: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request(`lianfang.outbox.${name}`, work)
  else await work()
}

/**
 * Sends what waits while a room is open: on load, when the network is back, when the page is seen, and every little while.
 * No Background Sync: Safari and the web views of Android phones lack it.
 */
export function useSending(box: { load: () => Promise<void>; flush: () => Promise<void> }): void {
  const send = (): void => void (document.visibilityState === 'visible' && box.flush())
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(async () => {
    timer = setInterval(send, AGAIN)
    window.addEventListener('online', send)
    document.addEventListener('visibilitychange', send)
    await box.load().catch(() => undefined)
    await box.flush()
  })
  onUnmounted(() => {
    clearInterval(timer)
    window.removeEventListener('online', send)
    document.removeEventListener('visibilitychange', send)
  })
}
