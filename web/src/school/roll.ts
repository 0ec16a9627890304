import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'

export interface ClassRoll {
  unit: Schemas['UnitOut']
  persons: { id: number; name: string }[]
  /** What has come in for them today from wherever, by person. */
  known: Map<number, Schemas['FigurePersonOut']>
}

const PER_PAGE = 100

/** A class with everybody in it and what is known of them today. */
export async function readClass(id: number): Promise<ClassRoll> {
  const unit = await answered(api.GET('/api/v1/units/{unit_id}', { params: { path: { unit_id: id } } }))
  const path = { institution_id: unit.institution_id }
  const persons = await every((cursor) =>
    api.GET('/api/v1/institutions/{institution_id}/persons', {
      params: { path, query: { unit_id: id, state: 'enrolled', limit: PER_PAGE, ...cursor } },
    }),
  )
  const reported = await every((cursor) =>
    api.GET('/api/v1/institutions/{institution_id}/figures/{metric}/persons', {
      params: { path: { ...path, metric: 'reported' }, query: { unit_id: id, limit: PER_PAGE, ...cursor } },
    }),
  )
  const pupils = persons.filter((one) => one.kind !== 'household')
  return { unit, persons: pupils, known: new Map(reported.map((one) => [one.person_id, one])) }
}

type Page<T> = { items: T[]; next?: string | null }
type Call<T> = Promise<{ data?: Page<T>; error?: unknown; response: Response }>

/** All pages of a list. */
export async function every<T>(ask: (cursor: { cursor?: string }) => Call<T>): Promise<T[]> {
  const found: T[] = []
  let next: string | null | undefined
  do {
    const page = await answered(ask(next ? { cursor: next } : {}))
    found.push(...page.items)
    next = page.next
  } while (next)
  return found
}
