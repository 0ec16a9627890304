import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, health, undeclared } from '@/family/entryForm'

const nothing = { symptoms: [], contact: 'none', places: [] }

test('nobody is taken to be well who has not said so', () => {
  assert.equal(complete(undeclared()), false)
  assert.equal(complete({ ...undeclared(), anything: ['no'] }), true)
  assert.deepEqual(health({ ...undeclared(), anything: ['no'] }), nothing)
})

test('who says that there was something says what', () => {
  const { answers } = undeclared()
  const say = (more: object): boolean => complete({ anything: ['yes'], answers: { ...answers, ...more } })
  assert.equal(say({}), false)
  assert.equal(say({ contact: 'none' }), false)
  assert.equal(say({ contact: 'case' }), true)
  assert.equal(say({ places: ['320583'] }), true)
  assert.equal(say({ symptoms: ['cough'] }), true)
})

test('what was chosen before it was taken back is not sent', () => {
  const { answers } = undeclared()
  assert.deepEqual(health({ anything: ['no'], answers: { ...answers, symptoms: ['cough'], contact: 'case' } }), nothing)
})
