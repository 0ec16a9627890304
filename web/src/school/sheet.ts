import { ref } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { recall, retain } from '@/shared/store'
import { uuid } from '@/shared/uuid'

export type Reason = Schemas['NotMeasured']
export type Site = Schemas['Site']
/** What is written on a line: of temperature and reason the last one stands. */
export type Content = Partial<Pick<Line, 'text' | 'reason' | 'symptoms'>>
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
  /** By the form's codes. */
  symptoms: string[]
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

export const filled = (line: Line): boolean => line.text.trim() !== '' || line.reason !== '' || line.symptoms.length > 0

/** Filled in and not received: it still has to be sent, or mended first. */
export const unsent = (line: Line): boolean => filled(line) && !line.receipt

interface Kept {
  day: string
  lines: Line[]
  site: Site | ''
}

/** Written down on this device with each key, for the account that is signed in: a reload loses nothing. */
export function useSheet(unit: number, day: string) {
  const lines = ref<Line[]>([])
  /** With what a class is measured: one thermometer goes round, the next day as well. */
  const site = ref<Site | ''>('')
  const place = `class.${unit}`

  async function open(persons: { id: number; name: string }[]): Promise<void> {
    const kept = (await recall<Kept>(place))?.value
    const old = new Map(kept?.day === day ? kept.lines.map((line) => [line.person, line]) : [])
    lines.value = persons.map(({ id, name }) => ({ ...blank(id), ...old.get(id), name }))
    site.value = kept?.site ?? ''
  }

  const save = (): Promise<void> =>
    retain(place, JSON.parse(JSON.stringify({ day, lines: lines.value, site: site.value })))

  function change(line: Line, content: Content): void {
    Object.assign(line, content)
    if (content.text) line.reason = ''
    if (content.reason) line.text = ''
    rename(line)
    delete line.receipt
    delete line.refusal
    line.takenAt = new Date().toISOString()
  }

  function write(line: Line, content: Content): void {
    change(line, content)
    void save()
  }

  /** Many lines at once, as from a spreadsheet. */
  function fill(contents: Map<Line, Content>): void {
    for (const [line, content] of contents) change(line, content)
    void save()
  }

  function measureAt(chosen: Site | ''): void {
    site.value = chosen
    for (const line of lines.value) if (unsent(line)) rename(line)
    void save()
  }

  const ready = (limits: Limits): Line[] =>
    lines.value.filter((line) => filled(line) && !line.receipt && (line.reason !== '' || possible(line.text, limits)))

  /** Sends what is ready as one batch and writes the answer beside each line. */
  async function send(limits: Limits): Promise<{ accepted: number; refused: number }> {
    const some = ready(limits).slice(0, PER_BATCH)
    for (const line of some) line.sent = true
    await save()
    const body = { sent_at: new Date().toISOString(), items: some.map((line) => reading(line, site.value)) }
    const call = api.POST('/api/v1/units/{unit_id}/checkins', { params: { path: { unit_id: unit } }, body })
    const answer = await answered(call)
    for (const { index, receipt, problem } of answer.items) settle(some[index]!, receipt, problem)
    await save()
    return { accepted: answer.accepted + answer.duplicate, refused: answer.refused }
  }

  /** What was received is replaced, not measured anew: the mistake stays known, and no longer counts. */
  async function correct(line: Line, { id, text, reason }: Correction): Promise<void> {
    const params = { path: { checkin_id: line.receipt!.id } }
    const body = {
      id,
      person_id: line.person,
      temperature: degrees(text),
      reason,
      ...(site.value && { site: site.value }),
    }
    const receipt = await answered(api.POST('/api/v1/checkins/{checkin_id}/corrections', { params, body }))
    Object.assign(line, { id, text, reason: '', receipt })
    await save()
  }

  return { lines, site, open, write, fill, measureAt, ready, send, correct }
}

const blank = (person: number): Line => ({
  person,
  name: '',
  id: uuid(),
  text: '',
  reason: '',
  symptoms: [],
  takenAt: '',
  sent: false,
})

/** What may have landed already keeps its name: other content needs another. */
function rename(line: Line): void {
  if (line.sent) Object.assign(line, { id: uuid(), sent: false })
}

function settle(line: Line, receipt: Schemas['ItemOut']['receipt'], problem: Schemas['ItemOut']['problem']): void {
  if (receipt) line.receipt = receipt
  else line.refusal = problem?.errors?.[0]?.detail ?? problem?.detail ?? ''
}

const reading = (line: Line, site: Site | ''): Schemas['ReadingIn'] => ({
  id: line.id,
  person_id: line.person,
  taken_at: line.takenAt,
  ...(line.reason ? { not_measured_reason: line.reason } : { temperature: degrees(line.text), ...(site && { site }) }),
  ...(line.symptoms.length && { answers: { symptoms: [...line.symptoms] } }),
})
