import { api } from '@/api/client'
import { answered } from '@/api/problems'

/** Names of divisions for people; a code whose name cannot be read stays a code. */
export async function placeNames(codes: string[]): Promise<string[]> {
  return Promise.all(codes.map((code) => nameOf(code).catch(() => code)))
}

async function nameOf(code: string): Promise<string> {
  const parent = parentOf(code)
  const query = { limit: 200, ...(parent && { parent }) }
  const { items } = await answered(api.GET('/api/v1/divisions', { params: { query } }))
  return items.find((one) => one.code === code)?.name ?? code
}

/** A county's code lies in its city's, a city's in its province's (GB/T 2260). */
function parentOf(code: string): string | null {
  if (code.endsWith('0000')) return null
  return code.endsWith('00') ? `${code.slice(0, 2)}0000` : `${code.slice(0, 4)}00`
}
