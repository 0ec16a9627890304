import './browser'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldName, optionName } from '@/policies/shown'
import { listed, speak, speakAtWork } from '@/words'

test('codes of settings have words where one language alone is there', async () => {
  Object.assign(globalThis, { document: { documentElement: { lang: '' } } })
  await speak('en')
  await speakAtWork()
  assert.equal(optionName('sore_throat'), 'Sore throat')
  assert.equal(fieldName('guardians_before'), 'Guardians, before')
  assert.equal(optionName('not_known_yet'), 'not_known_yet')
  assert.equal(listed(['Fever', 'Cough']), 'Fever, Cough')
})
