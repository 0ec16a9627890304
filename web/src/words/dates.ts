import { spoken } from '.'

const SHANGHAI = 'Asia/Shanghai' // the school's day, wherever the phone is

function written(moment: string | Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(spoken(), { timeZone: SHANGHAI, ...options }).format(new Date(moment))
}

export const clock = (moment: string | Date): string =>
  written(moment, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

export const clockToSeconds = (moment: Date): string =>
  written(moment, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

export const dayAndTime = (moment: string | Date): string =>
  written(moment, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** The time of a moment, and its day where that is not today. */
export const recent = (moment: string | Date): string =>
  schoolDay(new Date(moment)) === schoolDay(new Date()) ? clock(moment) : dayAndTime(moment)

/** From a moment to a moment; the day is said once where it is the same. */
export const span = (from: string, until: string): string =>
  schoolDay(new Date(from)) === schoolDay(new Date(until))
    ? `${dayAndTime(from)} – ${clock(until)}`
    : `${dayAndTime(from)} – ${dayAndTime(until)}`

/** A day of the school's calendar, as 2026-11-28; it has no zone of its own. */
export const longDay = (day: string): string =>
  written(`${day}T12:00:00+08:00`, { month: 'long', day: 'numeric', weekday: 'long' })

export const shortDay = (day: string): string => written(`${day}T12:00:00+08:00`, { month: 'numeric', day: 'numeric' })

export const shortDate = (day: string): string =>
  written(`${day}T12:00:00+08:00`, { year: 'numeric', month: 'short', day: 'numeric' })

export const longTime = (moment: string | Date): string =>
  written(moment, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })

/** A day of the week by its number; 1 is Monday. */
export const weekday = (number: number): string => written(`2026-06-0${number}T12:00:00+08:00`, { weekday: 'short' })

/** Shanghai's day of a moment, as the API writes days. */
export const schoolDay = (moment: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: SHANGHAI, dateStyle: 'short' }).format(moment)

const DAY = 86_400_000

/** The day that lies `by` days after one that is written as 2026-11-28. */
export const dayAfter = (day: string, by: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + by * DAY).toISOString().slice(0, 10)

/** What `<input type="datetime-local">` holds, read as Shanghai's time. */
export const fromLocal = (value: string): string => `${value}:00+08:00`

export function toLocal(moment: Date): string {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: SHANGHAI, dateStyle: 'short', timeStyle: 'short' })
  return parts.format(moment).replace(' ', 'T')
}
