import type { Schemas } from '@/api/client'
import { inTime } from '@/api/patience'
import { saysNo } from '@/api/problems'
import { sendEvents, type Landed } from './queue'

export const PATIENCE = 1500 // milliseconds that people at a gate wait for a network
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
    const [told] = await inTime(sendEvents(institution, [event]), PATIENCE)
    heard()
    return told ?? null
  } catch (failure) {
    // An answer that says no is an answer; a busy server is as good as none.
    if (saysNo(failure)) throw failure
    silentUntil = Date.now() + SILENCE
    return null
  }
}
