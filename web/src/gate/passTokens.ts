import type { Schemas } from '@/api/client'
import { fromBase64 } from '@/shared/minuteCode'

/** What a pass says, once its signature holds; moments in milliseconds. */
export interface Claims {
  passId: number
  institution: number
  name: string
  venues: number[]
  from: number
  until: number
  single: boolean
  rotating: boolean
}

export type Read =
  | { kind: 'pass'; claims: Claims; code: string; minute: string }
  /** Nothing of ours; or signed by nobody; or by a key that this phone has not heard of. */
  | { kind: 'stranger' | 'forged' | 'unknownKey' }

const TOKEN = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const imported = new Map<string, Promise<CryptoKey>>()

/** Reads the text of a QR code by the published keys, without a network. */
export async function readPass(text: string, keys: readonly Schemas['KeyOut'][]): Promise<Read> {
  const [token = '', minute = ''] = text.trim().split('~')
  const parts = TOKEN.exec(token)
  const header = parts ? json(parts[1]!) : null
  if (!parts || header?.['typ'] !== 'pass+jwt') return { kind: 'stranger' }
  const key = keys.find((one) => one.kid === header['kid'])
  if (!key) return { kind: 'unknownKey' }
  if (header['alg'] !== 'ES256' || !(await holds(token, parts[3]!, key))) return { kind: 'forged' }
  const claims = claimsOf(json(parts[2]!))
  return claims ? { kind: 'pass', claims, code: text.trim(), minute } : { kind: 'forged' }
}

async function holds(token: string, signature: string, key: Schemas['KeyOut']): Promise<boolean> {
  const signed = new TextEncoder().encode(token.slice(0, token.lastIndexOf('.')))
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  return crypto.subtle.verify(algorithm, await publicKey(key), fromBase64(signature), signed)
}

function publicKey({ kid, kty, crv, x, y }: Schemas['KeyOut']): Promise<CryptoKey> {
  const found = imported.get(kid) ?? crypto.subtle.importKey('jwk', { kty, crv, x, y }, ECDSA, false, ['verify'])
  imported.set(kid, found)
  return found
}

function json(part: string): Record<string, unknown> | null {
  try {
    return JSON.parse(new TextDecoder().decode(fromBase64(part))) as Record<string, unknown>
  } catch {
    return null
  }
}

function claimsOf(said: Record<string, unknown> | null): Claims | null {
  if (!said) return null
  const [passId, institution] = [Number(said['jti']), Number(said['aud'])]
  const [from, until] = [Number(said['nbf']) * 1000, Number(said['exp']) * 1000]
  const { name, venues } = said
  if (![passId, institution, from, until].every(Number.isFinite)) return null
  if (typeof name !== 'string' || !Array.isArray(venues)) return null
  const flags = { single: said['single'] === 1, rotating: said['rotating'] === 1 }
  return { passId, institution, name, venues: venues.map(Number), from, until, ...flags }
}
