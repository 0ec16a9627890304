import assert from 'node:assert/strict'
import { test } from 'node:test'
import { degrees, possible, whole, written } from '@/shared/pad'

const range = { lowest: 34, highest: 43 }
const next = (digits: string): string => [...'0123456789'].filter((one) => possible(digits + one, range)).join('')

test('only digits that can become a possible temperature are taken', () => {
  assert.equal(next(''), '34')
  assert.equal(next('3'), '456789')
  assert.equal(next('4'), '0123')
  assert.equal(next('43'), '0')
  assert.equal(next('36'), '0123456789')
  assert.equal(next('365'), '')
})

test('limits between whole degrees hold to the tenth', () => {
  const narrow = { lowest: 35.5, highest: 41.2 }
  const last = (digits: string): string => [...'0123456789'].filter((one) => possible(digits + one, narrow)).join('')
  assert.equal(last('35'), '56789')
  assert.equal(last('41'), '012')
})

test('three digits are a temperature', () => {
  assert.deepEqual([whole('36'), whole('365'), degrees('365')], [false, true, 36.5])
  assert.deepEqual(['', '3', '36', '365'].map(written), ['', '3', '36.', '36.5'])
})
