import { computed, ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import type { Schemas } from '@/api/client'
import { inTime } from '@/api/patience'
import { Refused } from '@/api/problems'
import { uuid } from '@/shared/uuid'
import { decided, PATIENCE, reachable } from './asking'
import { against, feverish, shut, type Finding, type Known, type Venue } from './judging'
import type { Kept } from './kit'
import { readPass, type Read } from './passTokens'
import { usePost } from './post'
import { useGateQueue, type Decision, type GateEvent, type Landed, type Way } from './queue'
import { signal } from './signals'

/** Whoever stands before the guard. `sure`: this phone has checked the pass and found nothing against it. */
export interface Holder {
  shown: Pick<Schemas['GateEventIn'], 'code' | 'document_number' | 'person_id'>
  name: string
  passId?: number
  document?: string
  window?: [from: string, until: string]
  visitor?: string
  sure: boolean
}

export interface Verdict {
  mood: 'good' | 'bad' | 'ask'
  way: Way
  holder: Holder | null
  degrees: number | null
  /** Of this phone, in its own words; of the service, in the service's. */
  findings: Finding[]
  reasons: Schemas['ReasonOut'][]
  problem: string
  /** Nothing was written down yet: the guard says whether somebody was turned away, or decides. */
  open: boolean
}

const DOCUMENT = /^[GJL]?\d{17}[\dX]$/i
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+(~[\w-]*)?$/
const AGAIN = 4000 // milliseconds for which a code that was dealt with is not looked at again

/** Whether something that was typed can be a whole document number, or a code. */
export const isReadable = (text: string): boolean => DOCUMENT.test(text.trim()) || TOKEN.test(text.trim())

/** From a code in front of the camera to somebody who is in, or away. */
export const useChecking = defineStore('checking', () => {
  const post = usePost()
  const queue = useGateQueue()
  const way = ref<Way>('in')
  const holder = shallowRef<Holder | null>(null)
  const verdict = shallowRef<Verdict | null>(null)
  const last = shallowRef<(Verdict & { at: Date }) | null>(null)
  const busy = ref(false)
  const phase = computed(() => (verdict.value ? 'verdict' : holder.value ? 'measure' : 'look'))
  let kept: Kept
  let doneWith = { text: '', at: 0 }

  const use = (held: Kept): void => void (kept = held)
  const venue = (): Venue => kept.venue.value!

  function known(): Known | null {
    const [kit, revoked] = [kept.kit.data.value, kept.revocations.data.value]
    if (!kit || !revoked || kept.state.value === 'missing') return null
    const gates = kit.venues.flatMap((one) => (one.kind === 'gate' ? [one.venue_id] : []))
    const here = queue.items.flatMap((one) => (one.kind === 'event' && cameIn(one, gates) ? [one.passId!] : []))
    const now = post.time()
    return {
      kit,
      revoked: new Set(revoked.items.map((one) => one.pass_id)),
      used: new Set([...kit.used, ...here]),
      now,
    }
  }

  /** What the camera sees: the code that was just dealt with is still before it for a while. */
  async function see(text: string, at: number): Promise<void> {
    if (text !== doneWith.text || Date.now() - doneWith.at >= AGAIN) await take(text, at)
  }

  /** What a camera, a hand scanner or a guard has read. `at`: the moment of the frame. */
  async function take(text: string, at = performance.now()): Promise<void> {
    if (busy.value || phase.value !== 'look') return
    busy.value = true
    kept.tick()
    try {
      doneWith = { text, at: 0 }
      const number = text.trim().toUpperCase()
      if (DOCUMENT.test(number))
        await meet({ shown: { document_number: number }, name: '', document: number, sure: false })
      else await meetPass(text)
      performance.measure('gate.verdict', { start: at, end: performance.now() })
    } finally {
      busy.value = false
    }
  }

  async function meetPass(text: string): Promise<void> {
    const read = await readKnown(text)
    const facts = known()
    if (read.kind === 'unknownKey' || !facts) return meet({ shown: { code: text.trim() }, name: '', sure: false })
    const found = await against(read, venue(), facts)
    const stranger = found.find((one) => ['stranger', 'forged', 'other_school'].includes(one))
    if (read.kind !== 'pass' || stranger) return show({ mood: 'bad', findings: found })
    const { code, claims } = read
    const window: [string, string] = [new Date(claims.from).toISOString(), new Date(claims.until).toISOString()]
    const sure = kept.state.value !== 'over'
    const who = { shown: { code }, name: claims.name, passId: claims.passId, window, sure }
    // Nobody is kept from leaving.
    if (way.value === 'in' && found.length) show({ mood: 'bad', holder: who, findings: found, open: true })
    else await meet(who)
  }

  /** A key that this phone has not heard of may be a new one. */
  async function readKnown(text: string): Promise<Read> {
    const read = await readPass(text, kept.keys.data.value?.keys ?? [])
    if (read.kind !== 'unknownKey' || !reachable()) return read
    await inTime(kept.keys.refresh(), PATIENCE).catch(() => undefined)
    return readPass(text, kept.keys.data.value?.keys ?? [])
  }

  async function meet(who: Holder): Promise<void> {
    if (way.value === 'out') return record(who, 'admitted', null)
    if (post.kept.measures) holder.value = who
    else await settle(who, null)
  }

  /** A temperature was taken, or (null) none. */
  async function measured(degrees: number | null): Promise<void> {
    const who = holder.value
    if (!who || busy.value) return
    busy.value = true
    try {
      await settle(who, degrees)
    } finally {
      busy.value = false
    }
  }

  async function settle(who: Holder, degrees: number | null): Promise<void> {
    const kit = kept.kit.data.value
    if (kit && degrees !== null && feverish(kit, degrees, post.kept.site)) {
      return record(who, 'turned_away', degrees, ['fever'])
    }
    const body = eventOf(who, degrees)
    let told: Landed | null = null
    try {
      // A visitor who waits to be registered is not known to the service yet.
      told = who.visitor ? null : await decided(kept.institution, body)
    } catch (failure) {
      return show({ mood: 'bad', holder: who, degrees, problem: failure instanceof Refused ? failure.message : '' })
    }
    if (told) await hear(who, degrees, body, told)
    else if (who.sure) await record(who, 'admitted', degrees)
    else
      show({
        mood: 'ask',
        holder: who,
        degrees,
        findings: kit ? shut(venue(), { kit, now: post.time() }) : [],
        open: true,
      })
  }

  async function hear(who: Holder, degrees: number | null, body: Schemas['GateEventIn'], told: Landed): Promise<void> {
    const [name, reasons] = [told.name ?? who.name, told.reasons ?? []]
    const named = { ...who, name }
    if (!told.decision) return show({ mood: 'bad', holder: named, degrees, problem: told.problem?.detail ?? '' })
    await queue.put({ ...parcel(named, body, told.decision), findings: told.findings ?? [], reasons, state: 'sent' })
    show({ mood: told.decision === 'admitted' ? 'good' : 'bad', holder: named, degrees, reasons })
  }

  async function record(
    who: Holder,
    decision: Decision,
    degrees: number | null,
    findings: Finding[] = [],
  ): Promise<void> {
    await write(who, decision, degrees, findings)
    show({ mood: decision === 'admitted' ? 'good' : 'bad', holder: who, degrees, findings })
  }

  /** Writes down what this phone or its guard has decided, to be sent as soon as there is a network. */
  async function write(who: Holder, decision: Decision, degrees: number | null, findings: Finding[]): Promise<void> {
    const body = { ...eventOf(who, degrees), decided: decision }
    await queue.add({ ...parcel(who, body, decision), findings })
  }

  /** The guard's word on what was left open; null: nobody was turned away. Back to the camera. */
  async function close(decision: Decision | null): Promise<void> {
    const shown = verdict.value
    if (busy.value || !shown) return
    busy.value = true
    try {
      if (decision && shown.open && shown.holder) await write(shown.holder, decision, shown.degrees, shown.findings)
      next()
    } finally {
      busy.value = false
    }
  }

  /** Turned away by the guard's own eyes, before anything was measured: the document is another's, say. */
  async function turnAway(): Promise<void> {
    const who = holder.value
    if (!who || busy.value) return
    await write(who, 'turned_away', null, [])
    next()
  }

  function next(): void {
    doneWith.at = Date.now()
    holder.value = verdict.value = null
  }

  function show(what: Partial<Verdict> & Pick<Verdict, 'mood'>): void {
    const rest = { holder: null, degrees: null, findings: [], reasons: [], problem: '', open: false }
    verdict.value = { ...rest, way: way.value, ...what }
    last.value = { ...verdict.value, at: new Date() }
    signal(what.mood, post.kept.sound)
  }

  function eventOf(who: Holder, degrees: number | null): Schemas['GateEventIn'] {
    const [id, occurred_at] = [uuid(), new Date().toISOString()]
    const warm = degrees === null ? {} : { temperature: degrees, site: post.kept.site }
    return { id, venue_id: venue().venue_id, direction: way.value, occurred_at, ...who.shown, ...warm }
  }

  function parcel(who: Holder, body: Schemas['GateEventIn'], decision: Decision) {
    const { passId, visitor, name } = who
    const optional = { ...(passId && { passId }), ...(visitor && { visitor }) }
    const common = { institution: kept.institution, name: name || masked(who), body, decision, ...optional }
    return { kind: 'event' as const, id: body.id, takenAt: body.occurred_at!, ...common }
  }

  return { way, phase, holder, verdict, last, busy, use, see, take, meet, measured, turnAway, close, next }
})

const masked = ({ document }: Holder): string => (document ? `*${document.slice(-4)}` : '')

// A pass for one entry is used up at the gate; doors inside ask for it as often as somebody comes by.
const cameIn = ({ passId, decision, body }: GateEvent, gates: number[]): boolean =>
  passId !== undefined && decision === 'admitted' && body.direction === 'in' && gates.includes(body.venue_id)
