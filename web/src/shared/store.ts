import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { accountId } from '@/session/tokens'
import type { Schemas } from '@/api/client'

/** What a reading says: a temperature or the reason why there is none, and the answers to the form. */
export type Content = Omit<Schemas['ReadingIn'], 'id' | 'person_id' | 'taken_at' | 'same_as_last'>
export type State = 'waiting' | 'sent' | 'refused'

/** A reading on its way. It is here before it is anywhere else, and is named here: sent twice, it lands once. */
export interface Queued {
  id: string
  account: number
  person: number
  name: string
  reading: Schemas['ReadingIn']
  takenAt: string
  state: State
  receipt?: Schemas['ReceiptOut']
  problem?: { code: string; detail: string }
}

interface Shelves extends DBSchema {
  readings: { key: string; value: Queued }
  kept: { key: string; value: { account: number; at: Date; value: unknown } }
}

let opened: Promise<IDBPDatabase<Shelves>> | undefined

/** What this device keeps: readings that wait, and the last answers for when there is no network. */
export function shelves(): Promise<IDBPDatabase<Shelves>> {
  opened ??= openDB<Shelves>('lianfang', 1, {
    upgrade(base) {
      base.createObjectStore('readings', { keyPath: 'id' })
      base.createObjectStore('kept')
    },
  })
  return opened
}

/** Keeps an answer for the account that is signed in. */
export async function retain(name: string, value: unknown): Promise<void> {
  const account = accountId()
  if (account !== null) await (await shelves()).put('kept', { account, at: new Date(), value }, name)
}

/** What was kept for this account; another account's is never shown. */
export async function recall<T>(name: string): Promise<{ at: Date; value: T } | null> {
  const found = await (await shelves()).get('kept', name)
  return found && found.account === accountId() ? { at: found.at, value: found.value as T } : null
}

/** Removes everything personal from this device. */
export async function forget(): Promise<void> {
  const base = await shelves()
  await Promise.all([base.clear('kept'), base.clear('readings')])
}
