import { spoken } from '@/words'

/** A count as people write it: 12,345. */
export const count = (value: number): string => new Intl.NumberFormat(spoken()).format(value)

/** A rate as the API gives it, rounded down to 0.1; nothing where nothing is due. */
export const percent = (value: number | null): string => (value === null ? '—' : `${value.toFixed(1)}%`)

const DAY = 86_400_000

/** The day that lies `by` days after one that is written as 2026-11-28. */
export const dayAfter = (day: string, by: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY).toISOString().slice(0, 10)
