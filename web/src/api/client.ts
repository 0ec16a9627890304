import createClient from 'openapi-fetch'
import { accessToken, renewed } from '@/session/tokens'
import { spoken } from '@/words'
import { FOR_FILES, inTime, PATIENCE, within } from './patience'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** Sends a request as the account that is signed in; one 401 is answered by renewing the session, once. */
async function send(request: Request): Promise<Response> {
  request.headers.set('Accept-Language', spoken())
  const again = request.clone()
  const token = await inTime(accessToken(), PATIENCE)
  const answer = await fetch(authorised(request, token))
  if (answer.status !== 401 || !token) return answer
  const fresh = await inTime(renewed(token), PATIENCE)
  return fresh ? fetch(authorised(again, fresh)) : answer
}

function authorised(request: Request, token: string | null): Request {
  if (token) request.headers.set('Authorization', `Bearer ${token}`)
  const brings = request.headers.get('Content-Type')?.startsWith('multipart/')
  return new Request(request, { signal: within(brings ? FOR_FILES : PATIENCE) })
}

/** The public API, typed by docs/openapi.json. Nothing is kept by the browser: answers are personal. */
export const api = createClient<paths>({ fetch: send, cache: 'no-store', credentials: 'omit' })
