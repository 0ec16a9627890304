import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { accountId } from '@/session/tokens'
import type { Schemas } from '@/api/client'

/** What a reading says: a temperature or the reason why there is none, and the answers to the form. */
export type Content = Omit<Schemas['ReadingIn'], 'id' | 'person_id' | 'taken_at' | 'same_as_last'>
export type State = 'waiting' | 'sent' | 'refused'

/** Something on its way. It is here before it is anywhere else, and is named here: sent twice, it lands once. */
export interface Parcel {
  id: string
  account: number
  takenAt: string
  state: State
  problem?: { code: string; detail: string }
}

/** A reading on its way. */
export interface Queued extends Parcel {
  person: number
  name: string
  reading: Schemas['ReadingIn']
  receipt?: Schemas['ReceiptOut']
}

interface Shelves extends DBSchema {
  readings: { key: string; value: Queued }
  gate: { key: string; value: Parcel }
  kept: { key: string; value: { account: number; at: Date; value: unknown } }
}

export type Shelf = 'readings' | 'gate'

let opened: Promise<IDBPDatabase<Shelves>> | undefined

/** What this device keeps: readings that wait, and the last answers for when there is no network. */
export async function shelves(): Promise<IDBPDatabase<Shelves>> {
  opened ??= openDB<Shelves>('lianfang', 2, {
    upgrade(base, before) {
      if (before < 1) base.createObjectStore('readings', { keyPath: 'id' })
      if (before < 1) base.createObjectStore('kept')
      base.createObjectStore('gate', { keyPath: 'id' })
    },
    // Another tab has a newer program: it waits until this one lets go, and this one opens anew when it is asked to.
    blocking(_before, _now, event) {
      ;(event.target as IDBDatabase).close()
      opened = undefined
    },
  })
  return opened
}

/** Keeps an answer for the account that is signed in; a browser that keeps nothing (full, or private) works all the same. */
export async function retain(name: string, value: unknown): Promise<void> {
  const account = accountId()
  if (account === null) return
  await shelves()
    .then((base) => base.put('kept', { account, at: new Date(), value }, name))
    .catch(() => undefined)
}

/** What was kept for this account; another account's is never shown. */
export async function recall<T>(name: string): Promise<{ at: Date; value: T } | null> {
  const found = await shelves()
    .then((base) => base.get('kept', name))
    .catch(() => undefined)
  return found && found.account === accountId() ? { at: found.at, value: found.value as T } : null
}

/** Removes everything personal from this device. */
export async function forget(): Promise<void> {
  const base = await shelves().catch(() => null)
  if (!base) return // nothing was ever kept
  await Promise.all([base.clear('kept'), base.clear('readings'), base.clear('gate')])
}

/** How much of this account has not been sent from this device, by whatever room. */
export async function unsent(): Promise<number> {
  const base = await shelves()
  const all: Parcel[] = [...(await base.getAll('readings')), ...(await base.getAll('gate'))]
  return all.filter((one) => one.account === accountId() && one.state === 'waiting').length
}
