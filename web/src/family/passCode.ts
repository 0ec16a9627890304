import { encode } from 'uqr'
import { codeOf, fromBase64 } from '@/shared/minuteCode'
import { schoolDay } from '@/words/dates'
import type { Pass } from './passes'

/** What the QR code says at a moment: the token, with the code of the minute behind it where the pass changes. */
export async function textOf(pass: Pass, now: Date): Promise<string | null> {
  if (!pass.token) return null
  if (!pass.rotating) return pass.token
  const secret = pass.secrets.find((one) => one.day === schoolDay(now))?.secret
  return secret ? `${pass.token}~${await codeOf(fromBase64(secret), now)}` : null
}

/** A QR code as one SVG path on a grid of `size`, with the quiet edge that scanners need. */
export function drawn(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'M', border: 3 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return { path, size }
}
