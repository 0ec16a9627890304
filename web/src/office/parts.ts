import type { Schemas } from '@/api/client'

/** What all figures have in common, of a place, a class or a day. */
export type Figures = Pick<Schemas['FiguresOut'], 'counts' | 'completeness' | 'timeliness' | 'state' | 'suppressed'>
export type State = Schemas['State']

/** A part of a place: an institution below it or a class in it; `to`: what it opens into, where it opens. */
export interface Part extends Figures {
  key: string
  name: string
  to: { name: string; params: Record<string, string>; query?: Record<string, string> } | null
}

export const fromChild = (child: Schemas['ChildFigures']): Part => ({
  ...child,
  key: `${child.institution_id}${child.itself ? ' itself' : ''}`,
  to: child.kind
    ? {
        name: 'office-place',
        params: { id: String(child.institution_id) },
        ...(child.itself ? { query: { own: '1' } } : {}),
      }
    : null,
})

export const fromUnit = (unit: Schemas['UnitFigures'], school: number, nobody: string): Part => ({
  ...unit,
  key: String(unit.unit_id ?? 0),
  name: unit.name ?? nobody,
  to: { name: 'office-unit', params: { id: String(school), unit: String(unit.unit_id ?? 0) } },
})

/** By what parts are put in order: `name` as they come, `completeness`, or a figure; `down`: the largest first. */
export interface Order {
  by: string
  down: boolean
}

/** What is hidden goes behind everything, whichever way: its place would tell how much it is. */
export function sorted(parts: readonly Part[], { by, down }: Order): Part[] {
  const value = (one: Part): number | null =>
    by === 'completeness' ? one.completeness.percent : (one.counts[by] ?? null)
  if (by === 'name') return down ? [...parts].reverse() : [...parts]
  return [...parts].sort((one, other) => {
    const [a, b] = [value(one), value(other)]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return down ? b - a : a - b
  })
}
