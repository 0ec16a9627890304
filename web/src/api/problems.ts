import type { Schemas } from './client'

type Problem = Schemas['ProblemOut']

/** What the API refused, in words for whoever asked (RFC 9457). */
export class Refused extends Error {
  readonly code: string
  readonly status: number
  readonly fields: NonNullable<Problem['errors']>
  readonly retryAfter: number | null

  constructor(problem: Partial<Problem> | undefined, response: Response) {
    super(problem?.detail ?? '')
    this.code = problem?.code ?? 'unknown'
    this.status = response.status
    this.fields = problem?.errors ?? []
    this.retryAfter = Number(response.headers.get('Retry-After')) || null
  }

  /** The words for a field, by its JSON pointer; an empty text where it is right. */
  of(pointer: string): string {
    return this.fields.find((one) => one.pointer === pointer)?.detail ?? ''
  }
}

/** No answer at all: no network, or none in time. */
export class Unreachable extends Error {}

export type Failure = Refused | Unreachable

interface Call<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The answer to a call of `api`. Throws `Refused` or `Unreachable`, and nothing else. */
export async function answered<T>(call: Promise<Call<T>>): Promise<T> {
  const { data, error, response } = await reached(call)
  if (!response.ok) throw new Refused(error as Partial<Problem> | undefined, response)
  return data as T
}

/** A call of `api` that came back, whatever it says. Throws `Unreachable`. */
export async function reached<T>(call: Promise<Call<T>>): Promise<Call<T>> {
  try {
    return await call
  } catch {
    throw new Unreachable()
  }
}

/** Whether the service has said no, and would say it again: to who is signed in, and not because it is busy. */
export const saysNo = (failure: unknown): failure is Refused =>
  failure instanceof Refused && !passes(failure) && failure.status !== 401

/** Whether trying again later may help: no network, a server that is busy, absent, or out of order. */
export function passes(failure: unknown): boolean {
  return (
    failure instanceof Unreachable ||
    (failure instanceof Refused && (failure.status >= 500 || [408, 429].includes(failure.status)))
  )
}
