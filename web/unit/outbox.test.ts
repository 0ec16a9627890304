import './browser'
import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { Refused, Unreachable } from '@/api/problems'
import { outbox } from '@/shared/outbox'
import type { Parcel } from '@/shared/store'
import { signedIn } from './browser'

const parcel = (id: string): Parcel => ({
  id,
  account: signedIn.accountId,
  takenAt: `2026-11-28T06:5${id}:00Z`,
  state: 'waiting',
})
const refused = (status: number, code = 'wrong'): Refused =>
  new Refused({ code, detail: code }, new Response(null, { status }))

/** A box that holds what was put into it, and what each sending was of. */
async function boxOf(ids: string[], size: number, answer: (some: string[]) => void) {
  const sent: string[] = []
  const box = outbox<Parcel>('readings', size, (some) => {
    const names = some.map((one) => one.id)
    sent.push(names.join(''))
    answer(names)
    return Promise.resolve(some.map((one) => ({ ...one, state: 'sent' })))
  })
  for (const id of ids) await box.put(parcel(id))
  return { box, sent, states: () => box.items.value.map((one) => one.id + one.state[0]!).join(' ') }
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

test('as many go at once as the service takes', async () => {
  const { box, sent, states } = await boxOf(['1', '2', '3'], 2, () => undefined)
  await box.flush()
  assert.deepEqual(sent, ['12', '3'])
  assert.equal(states(), '1s 2s 3s')
  assert.equal(box.landed.value, 2)
})

test('one that is wrong does not hold up the others', async () => {
  const { box, sent, states } = await boxOf(['1', '2', '3'], 200, (some) => {
    if (some.includes('2')) throw refused(422)
  })
  await box.flush()
  assert.deepEqual(sent, ['123', '1', '2', '3'])
  assert.equal(states(), '1s 2r 3s')
  assert.equal(box.refused.value[0]?.problem?.code, 'wrong')
})

for (const [name, failure] of [
  ['no network', new Unreachable()],
  ['a busy service', refused(429)],
  ['a service out of order', refused(500)],
  ['an absent service', refused(503)],
  ['an ended session', refused(401)],
] as const) {
  test(`${name} refuses nothing: it is tried again by itself`, async () => {
    let away = true
    const { box, sent, states } = await boxOf(['1'], 200, () => {
      if (away) throw failure
    })
    await box.flush()
    assert.equal(states(), '1w')
    away = false
    mock.timers.tick(30_000)
    mock.timers.reset()
    while (box.sending.value) await new Promise((done) => setImmediate(done))
    assert.deepEqual(sent, ['1', '1'])
    assert.equal(states(), '1s')
  })
}

test('a browser that keeps nothing says so, and sends all the same', async () => {
  const { box, states } = await boxOf(['1'], 200, () => undefined)
  assert.equal(box.unkept.value, true)
  await box.flush()
  assert.equal(states(), '1s')
})
