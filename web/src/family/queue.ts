import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { accountId } from '@/session/tokens'
import { outbox } from '@/shared/outbox'
import type { Content, Queued } from '@/shared/store'
import { uuid } from '@/shared/uuid'

const BATCH = 200 // what the API takes at once

/** Readings on their way to the service. */
export const useQueue = defineStore('queue', () => {
  const box = outbox<Queued>('readings', BATCH, (some) => (some[1] ? sendMany(some) : Promise.all(some.map(sendOne))))

  async function add(member: Schemas['FamilyMemberOut'], content: Content): Promise<void> {
    const account = accountId()
    if (account === null) return
    const [id, takenAt] = [uuid(), new Date().toISOString()]
    const reading = { ...content, id, person_id: member.person_id, taken_at: takenAt }
    await box.put({ id, account, person: member.person_id, name: member.name, reading, takenAt, state: 'waiting' })
    void box.flush()
  }

  return { ...box, add }
})

async function sendOne(one: Queued): Promise<Queued> {
  const body = { ...one.reading, sent_at: new Date().toISOString() }
  return { ...one, state: 'sent', receipt: await answered(api.POST('/api/v1/checkins', { body })) }
}

async function sendMany(some: Queued[]): Promise<Queued[]> {
  const body = { sent_at: new Date().toISOString(), items: some.map((one) => one.reading) }
  const answer = await answered(api.POST('/api/v1/checkins/batches', { body }))
  return answer.items.flatMap(({ index, receipt, problem }): Queued[] => {
    const one = some[index]
    if (!one) return []
    if (receipt) return [{ ...one, state: 'sent', receipt }]
    const { code, errors, detail } = problem!
    return [{ ...one, state: 'refused', problem: { code, detail: errors?.[0]?.detail ?? detail } }]
  })
}
