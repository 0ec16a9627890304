import { shallowRef } from 'vue'
import type { Schemas } from '@/api/client'
import { within } from '@/api/patience'

type Tokens = Schemas['Tokens']

/** What this device knows of its session. Without tokens: it has ended, and whose it was is still known. */
export interface Kept {
  accountId: number
  deviceId: string
  mustChangePassword: boolean
  access?: string
  accessUntil?: number
  refresh?: string
}

const PLACE = 'lianfang.session'
const EARLY = 30_000 // milliseconds before its end at which an access token is renewed
// An answer that nobody waits for has used up the token that asked for it: then they would have to sign in again.
const RENEWING = 90_000

export const kept = shallowRef<Kept | null>(read())

// Another tab signs in, renews or signs out: all tabs speak for the same session.
window.addEventListener('storage', (event) => {
  if (event.key === PLACE) kept.value = read()
})

export const accountId = (): number | null => kept.value?.accountId ?? null

export function keep(tokens: Tokens): void {
  write({
    accountId: tokens.account_id,
    deviceId: tokens.device_id,
    mustChangePassword: tokens.must_change_password,
    access: tokens.access_token,
    accessUntil: Date.now() + tokens.expires_in * 1000,
    refresh: tokens.refresh_token,
  })
}

export function drop(): void {
  localStorage.removeItem(PLACE)
  kept.value = null
}

/** A token that holds, renewed where it is about to end; null where nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  const held = kept.value
  if (!held?.access) return null
  return (held.accessUntil ?? 0) - EARLY > Date.now() ? held.access : renewed(held.access)
}

/**
 * A token other than `used`. A refresh token is used up by one request, so tabs take turns, and who comes second
 * finds what the first has brought. Null where the session has ended; throws where there is no network.
 */
export async function renewed(used: string): Promise<string | null> {
  return inTurn(async () => {
    const held = read()
    kept.value = held
    if (!held?.refresh) return null
    if (held.access && held.access !== used) return held.access
    return renew(held)
  })
}

async function renew(held: Kept): Promise<string | null> {
  const answer = await fetch('/api/v1/sessions/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh_token: held.refresh }),
    cache: 'no-store',
    credentials: 'omit',
    signal: within(RENEWING),
  })
  if (answer.ok) {
    const tokens = (await answer.json()) as Tokens
    keep(tokens)
    return tokens.access_token
  }
  if (answer.status === 401 || answer.status === 403) {
    // Readings that wait belong to this account still: only the tokens go.
    const { accountId, deviceId, mustChangePassword } = held
    write({ accountId, deviceId, mustChangePassword })
    return null
  }
  throw new Error(`refresh: ${answer.status}`)
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Outside of a secure context there are no locks; the service forgives its last refresh token for five seconds.
  return 'locks' in navigator ? navigator.locks.request('lianfang.session', work) : work()
}

function read(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

function write(value: Kept): void {
  localStorage.setItem(PLACE, JSON.stringify(value))
  kept.value = value
}
