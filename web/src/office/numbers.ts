import { spoken } from '@/words'

/** A count as people write it: 12,345. */
export const count = (value: number): string => new Intl.NumberFormat(spoken()).format(value)

/** A rate as the API gives it, rounded down to 0.1; nothing where nothing is due. */
export const percent = (value: number | null): string => (value === null ? '—' : `${value.toFixed(1)}%`)
