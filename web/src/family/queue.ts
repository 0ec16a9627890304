import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { answered, passes, Refused } from '@/api/problems'
import { accountId, kept } from '@/session/tokens'
import { shelves, type Content, type Queued } from '@/shared/store'

const BATCH = 200 // what the API takes at once
const KEEP_DAYS = 2
const AGAIN = 30_000

/**
 * Readings on their way to the service. Each is written down on this device before anything else happens, is sent until
 * an answer comes, and says what has become of it. Sending twice is safe: the reading is named here.
 */
export const useQueue = defineStore('queue', () => {
  const items = ref<Queued[]>([])
  const sending = ref(false)
  /** Counts answers, so that who shows the family's state knows when to ask anew. */
  const landed = ref(0)
  const waiting = computed(() => items.value.filter((one) => one.state === 'waiting'))
  const refused = computed(() => items.value.filter((one) => one.state === 'refused'))
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    const base = await shelves()
    const old = Date.now() - KEEP_DAYS * 86_400_000
    const own = (await base.getAll('readings')).filter((one) => one.account === accountId())
    const over = own.filter((one) => one.state === 'sent' && Date.parse(one.takenAt) < old)
    await Promise.all(over.map((one) => base.delete('readings', one.id)))
    items.value = own.filter((one) => !over.includes(one)).sort((a, b) => a.takenAt.localeCompare(b.takenAt))
  }

  async function add(member: Schemas['FamilyMemberOut'], content: Content): Promise<void> {
    const account = accountId()
    if (account === null) return
    const [id, takenAt] = [crypto.randomUUID(), new Date().toISOString()]
    const reading = { ...content, id, person_id: member.person_id, taken_at: takenAt }
    await put({ id, account, person: member.person_id, name: member.name, reading, takenAt, state: 'waiting' })
    void flush()
  }

  async function put(one: Queued): Promise<void> {
    await (await shelves()).put('readings', JSON.parse(JSON.stringify(one)) as Queued)
    items.value = [...items.value.filter((other) => other.id !== one.id), one]
  }

  async function dismiss(id: string): Promise<void> {
    await (await shelves()).delete('readings', id)
    items.value = items.value.filter((one) => one.id !== id)
  }

  /** Sends what waits; called on load, after each reading, when the network is back and when the page is seen. */
  async function flush(): Promise<void> {
    clearTimeout(timer)
    if (sending.value || !waiting.value.length || !kept.value?.access) return
    sending.value = true
    try {
      while (waiting.value.length) await send(waiting.value.slice(0, BATCH))
    } catch (failure) {
      const seconds = failure instanceof Refused ? failure.retryAfter : null
      timer = setTimeout(() => void flush(), seconds ? seconds * 1000 : AGAIN)
    } finally {
      sending.value = false
    }
  }

  /** Settles at least one of `some`, or throws where trying again later may help. */
  async function send(some: Queued[]): Promise<void> {
    const [first] = some
    try {
      if (some.length === 1 && first) await sendOne(first)
      else await sendMany(some)
    } catch (failure) {
      // A batch that is refused as a whole: find out by sending them one by one.
      if (passes(failure) || !(failure instanceof Refused) || failure.status === 401 || some.length === 1) throw failure
      for (const one of some) await sendOne(one)
    }
    landed.value += 1
  }

  async function sendOne(one: Queued): Promise<void> {
    try {
      const body = { ...one.reading, sent_at: new Date().toISOString() }
      await put({ ...one, state: 'sent', receipt: await answered(api.POST('/api/v1/checkins', { body })) })
    } catch (failure) {
      if (passes(failure) || !(failure instanceof Refused) || failure.status === 401) throw failure
      const detail = failure.fields[0]?.detail ?? failure.message
      await put({ ...one, state: 'refused', problem: { code: failure.code, detail } })
    }
  }

  async function sendMany(some: Queued[]): Promise<void> {
    const body = { sent_at: new Date().toISOString(), items: some.map((one) => one.reading) }
    const answer = await answered(api.POST('/api/v1/checkins/batches', { body }))
    for (const { index, receipt, problem } of answer.items) {
      const one = some[index]
      if (!one) continue
      if (receipt) await put({ ...one, state: 'sent', receipt })
      else await put({ ...one, state: 'refused', problem: { code: problem!.code, detail: worst(problem!) } })
    }
  }

  return { items, sending, landed, waiting, refused, load, add, dismiss, flush }
})

const worst = (problem: NonNullable<Schemas['ItemOut']['problem']>): string =>
  problem.errors?.[0]?.detail ?? problem.detail
