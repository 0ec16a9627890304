import { encode } from 'uqr'
import { schoolDay } from '@/words/dates'
import type { Pass } from './passes'

const MINUTE = 60_000
const SHOWN = 8 // characters of the code of a minute

/** What the QR code says at a moment: the token, with the code of the minute behind it where the pass changes. */
export async function textOf(pass: Pass, now: Date): Promise<string | null> {
  if (!pass.token) return null
  if (!pass.rotating) return pass.token
  const secret = pass.secrets.find((one) => one.day === schoolDay(now))?.secret
  return secret ? `${pass.token}~${await codeOf(secret, now)}` : null
}

async function codeOf(secret: string, now: Date): Promise<string> {
  const minute = new DataView(new ArrayBuffer(8))
  minute.setBigUint64(0, BigInt(Math.floor(now.getTime() / MINUTE)))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', fromBase64(secret), algorithm, false, ['sign'])
  return toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, minute))).slice(0, SHOWN)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (one) => one.charCodeAt(0))
}

const toBase64 = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')

/** A QR code as one SVG path on a grid of `size`, with the quiet edge that scanners need. */
export function drawn(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'M', border: 3 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return { path, size }
}
