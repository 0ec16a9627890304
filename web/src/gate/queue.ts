import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { accountId } from '@/session/tokens'
import { outbox } from '@/shared/outbox'
import type { Parcel } from '@/shared/store'
import { uuid } from '@/shared/uuid'

export type Decision = Schemas['GateOutcome']
export type Way = Schemas['Direction']
export type Landed = Schemas['Landed']

/** Somebody who came or went. `visitor`: registered here, whose code is known once that has been sent. */
export interface GateEvent extends Parcel {
  kind: 'event'
  institution: number
  name: string
  body: Schemas['GateEventIn']
  passId?: number
  visitor?: string
  decision: Decision
  findings: string[]
  reasons?: Schemas['ReasonOut'][]
}

/** A visitor who was registered without a network. What they said of themselves goes once it is sent. */
export interface Visitor extends Parcel {
  kind: 'visitor'
  institution: number
  name: string
  body: Schemas['WalkUpIn'] | null
  code?: string
}

export type Waiting = GateEvent | Visitor
const BATCH = 200 // what the API takes at once

/** What was decided at the gate, on its way to the service. */
export const useGateQueue = defineStore('gate-queue', () => {
  const box = outbox<Waiting>('gate', BATCH, (some) => {
    const [first] = some
    return first?.kind === 'visitor' ? register(first) : land(together(some))
  })

  /** The first events of one school, up to a visitor who has to be registered before. */
  function together(some: Waiting[]): GateEvent[] {
    const until = some.findIndex((one) => one.kind === 'visitor' || one.institution !== some[0]?.institution)
    return (until < 0 ? some : some.slice(0, until)) as GateEvent[]
  }

  async function register(one: Visitor): Promise<Waiting[]> {
    const path = { institution_id: one.institution }
    const body = { ...one.body!, sent_at: new Date().toISOString() }
    const made = await answered(api.POST('/api/v1/institutions/{institution_id}/walk-ups', { params: { path }, body }))
    return [{ ...one, state: 'sent', body: null, code: made.code }]
  }

  async function land(some: GateEvent[]): Promise<Waiting[]> {
    // Whoever could not be registered is nobody to the service.
    const stranded = some.filter((one) => one.visitor && !visitorOf(one)?.code)
    if (stranded.length) return stranded.map((one) => ({ ...one, state: 'refused', ...problemOf(visitorOf(one)) }))
    const told = await sendEvents(some[0]!.institution, some.map(bodyOf))
    return told.flatMap((one) => (some[one.index] ? settled(some[one.index]!, one) : []))
  }

  const visitorOf = (one: GateEvent): Visitor | undefined =>
    box.items.value.find((other): other is Visitor => other.kind === 'visitor' && other.id === one.visitor)

  function bodyOf(one: GateEvent): Schemas['GateEventIn'] {
    const code = visitorOf(one)?.code
    return code ? { ...one.body, code } : one.body
  }

  async function add(one: Omit<GateEvent, 'id' | 'account' | 'takenAt' | 'state' | 'kind'>): Promise<void> {
    await put({ ...one, kind: 'event', id: one.body.id, takenAt: one.body.occurred_at ?? now(), state: 'waiting' })
    void box.flush()
  }

  /** Writes something down that the service has answered already, or that waits. */
  async function put(one: Omit<GateEvent, 'account'> | Omit<Visitor, 'account'>): Promise<void> {
    const account = accountId()
    if (account !== null) await box.put({ ...one, account } as Waiting)
  }

  return { ...box, add, put }
})

const now = (): string => new Date().toISOString()

/** Sends events of one school as they are; what became of each. */
export async function sendEvents(institution: number, items: Schemas['GateEventIn'][]): Promise<Landed[]> {
  const [path, body] = [{ institution_id: institution }, { sent_at: now(), items }]
  const call = api.POST('/api/v1/institutions/{institution_id}/gate-events', { params: { path }, body })
  return (await answered(call)).items
}

/**
 * What an answer makes of an event. Where the service had decided otherwise, in an attempt whose answer was too late
 * for this phone, the guard's decision has happened all the same and is told as an event of its own.
 */
function settled(one: GateEvent, told: Landed): Waiting[] {
  if (told.outcome === 'refused') return [{ ...one, state: 'refused', ...problemOf(told) }]
  const known = { findings: told.findings ?? [], reasons: told.reasons ?? [] }
  const sent: GateEvent = { ...one, ...known, state: 'sent', decision: told.decision ?? one.decision }
  if (told.outcome !== 'duplicate' || told.decision === one.decision) return [sent]
  const id = uuid()
  return [sent, { ...one, id, body: { ...one.body, id }, findings: known.findings, reasons: known.reasons }]
}

function problemOf(
  told: { problem?: { code: string; detail: string; errors?: { detail: string }[] } | null } | undefined,
) {
  const { code = 'unknown', detail = '', errors = [] } = told?.problem ?? {}
  return { problem: { code, detail: errors[0]?.detail ?? detail } }
}
