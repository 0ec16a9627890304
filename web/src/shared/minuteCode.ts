const MINUTE = 60_000
const SHOWN = 8 // characters of the code of a minute
const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** HMAC-SHA-256 as the API makes it: secrets of days, of passes, of minutes. */
export async function digest(secret: Uint8Array<ArrayBuffer>, of: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', secret, HMAC, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, of))
}

/** The code that a pass shows in a minute, or so many minutes later, by the secret of the pass and the day. */
export async function codeOf(secret: Uint8Array<ArrayBuffer>, now: Date, shift = 0): Promise<string> {
  const minute = new DataView(new ArrayBuffer(8))
  minute.setBigUint64(0, BigInt(Math.floor(now.getTime() / MINUTE) + shift))
  return toBase64(await digest(secret, minute)).slice(0, SHOWN)
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (one) => one.charCodeAt(0))
}

const toBase64 = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
