import { computed, ref } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { recall, retain } from '@/shared/store'

export type Reason = Schemas['NotMeasured']
export interface Limits {
  lowest: number
  highest: number
}

/** A line of a class's sheet: what was keyed in and what has become of it. */
export interface Line {
  person: number
  name: string
  /** The name of the reading: sent twice, it lands once. A new one for another content, once it has been sent. */
  id: string
  text: string
  reason: Reason | ''
  takenAt: string
  sent: boolean
  receipt?: Schemas['ReceiptOut']
  refusal?: string
}

/** A temperature in the place of one that was received, with the name of the new reading and why. */
export interface Correction {
  id: string
  text: string
  reason: string
}

const PER_BATCH = 200

/** 36.5 of "36.5", "365" or "36。5"; null where it is no temperature. */
export function degrees(text: string): number | null {
  const plain = text.trim().replace(/[。,，]/, '.')
  if (/^\d{3}$/.test(plain)) return Number(plain) / 10
  return /^\d{2}(\.\d)?$/.test(plain) ? Number(plain) : null
}

export const possible = (text: string, { lowest, highest }: Limits): boolean => {
  const value = degrees(text)
  return value !== null && value >= lowest && value <= highest
}

export const filled = (line: Line): boolean => line.text.trim() !== '' || line.reason !== ''

/** Written down on this device with each key, for the account that is signed in: a reload loses nothing. */
export function useSheet(unit: number, day: string) {
  const lines = ref<Line[]>([])
  const place = `class.${unit}`

  async function open(persons: { id: number; name: string }[]): Promise<void> {
    const kept = (await recall<{ day: string; lines: Line[] }>(place))?.value
    const old = new Map(kept?.day === day ? kept.lines.map((line) => [line.person, line]) : [])
    lines.value = persons.map(({ id, name }) => ({ ...(old.get(id) ?? blank(id)), name }))
  }

  const save = (): Promise<void> => retain(place, JSON.parse(JSON.stringify({ day, lines: lines.value })))

  function write(line: Line, content: { text?: string; reason?: Reason | '' }): void {
    Object.assign(line, content)
    if (content.text) line.reason = ''
    if (content.reason) line.text = ''
    if (line.sent) Object.assign(line, { id: crypto.randomUUID(), sent: false })
    delete line.receipt
    delete line.refusal
    line.takenAt = new Date().toISOString()
    void save()
  }

  const ready = (limits: Limits): Line[] =>
    lines.value.filter((line) => filled(line) && !line.receipt && (line.reason !== '' || possible(line.text, limits)))

  /** Sends what is ready as one batch and writes the answer beside each line. */
  async function send(limits: Limits): Promise<{ accepted: number; refused: number }> {
    const some = ready(limits).slice(0, PER_BATCH)
    for (const line of some) line.sent = true
    await save()
    const body = { sent_at: new Date().toISOString(), items: some.map(reading) }
    const call = api.POST('/api/v1/units/{unit_id}/checkins', { params: { path: { unit_id: unit } }, body })
    const answer = await answered(call)
    for (const { index, receipt, problem } of answer.items) settle(some[index]!, receipt, problem)
    await save()
    return { accepted: answer.accepted + answer.duplicate, refused: answer.refused }
  }

  /** What was received is replaced, not measured anew: the mistake stays known, and no longer counts. */
  async function correct(line: Line, { id, text, reason }: Correction): Promise<void> {
    const params = { path: { checkin_id: line.receipt!.id } }
    const body = { id, person_id: line.person, temperature: degrees(text), reason }
    const receipt = await answered(api.POST('/api/v1/checkins/{checkin_id}/corrections', { params, body }))
    Object.assign(line, { id, text, reason: '', receipt })
    await save()
  }

  return { lines, open, write, ready, send, correct, count: computed(() => lines.value.filter(filled).length) }
}

const blank = (person: number): Line => ({
  person,
  name: '',
  id: crypto.randomUUID(),
  text: '',
  reason: '',
  takenAt: '',
  sent: false,
})

function settle(line: Line, receipt: Schemas['ItemOut']['receipt'], problem: Schemas['ItemOut']['problem']): void {
  if (receipt) line.receipt = receipt
  else line.refusal = problem?.errors?.[0]?.detail ?? problem?.detail ?? ''
}

const reading = (line: Line): Schemas['ReadingIn'] => ({
  id: line.id,
  person_id: line.person,
  taken_at: line.takenAt,
  ...(line.reason ? { not_measured_reason: line.reason } : { temperature: degrees(line.text) }),
})
