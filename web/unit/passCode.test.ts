import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { textOf } from '@/family/passCode'
import type { Pass } from '@/family/passes'

const secret = Buffer.alloc(32, 7).toString('base64url')
const pass = {
  token: 'head.body.sign',
  rotating: true,
  secrets: [{ day: '2026-11-28', secret }],
} as unknown as Pass

test('the code of a minute is that of the service, and another in the next', async () => {
  const at = new Date('2026-11-28T07:30:59+08:00')
  const minute = Buffer.alloc(8)
  minute.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 60_000)))
  const code = createHmac('sha256', Buffer.alloc(32, 7)).update(minute).digest('base64url').slice(0, 8)
  assert.equal(await textOf(pass, at), `head.body.sign~${code}`)
  assert.notEqual(await textOf(pass, new Date(at.getTime() + 1000)), `head.body.sign~${code}`)
})

test('a day whose secret is not there has no code', async () => {
  assert.equal(await textOf(pass, new Date('2026-11-29T00:00:00+08:00')), null)
})

test('what does not change is shown as it is, and what is over is not shown', async () => {
  assert.equal(await textOf({ ...pass, rotating: false }, new Date()), 'head.body.sign')
  assert.equal(await textOf({ ...pass, token: null }, new Date()), null)
})
