import type { Schemas } from '@/api/client'
import { passes, Refused } from '@/api/problems'
import { sendEvents, type Landed } from './queue'

const PATIENCE = 1500 // milliseconds that people at a gate wait for a network
const SILENCE = 20_000 // after none has answered, nobody waits for it again for so long

let silentUntil = 0

/** Whether the network has answered lately, as far as anybody here knows. */
export const reachable = (): boolean => navigator.onLine && Date.now() >= silentUntil

export function heard(): void {
  silentUntil = 0
}

/** The service's decision on an event, or null where it does not answer in time: then the phone decides. */
export async function decided(institution: number, event: Schemas['GateEventIn']): Promise<Landed | null> {
  if (!reachable()) return null
  try {
    const [told] = await inTime(sendEvents(institution, [event]))
    heard()
    return told ?? null
  } catch (failure) {
    // An answer that says no is an answer; a busy server is as good as none.
    if (failure instanceof Refused && !passes(failure) && failure.status < 500 && failure.status !== 401) throw failure
    silentUntil = Date.now() + SILENCE
    return null
  }
}

/** What `work` brings, unless that takes longer than people wait. */
export async function inTime<T>(work: Promise<T>, patience = PATIENCE): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), patience)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
