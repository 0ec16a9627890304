import { clock, dayAndTime, schoolDay } from '@/words/dates'

/** A span of time; its day is said once where it ends on the same. */
export function between(since: string, until: string): string {
  const sameDay = schoolDay(new Date(since)) === schoolDay(new Date(until))
  return `${dayAndTime(since)} – ${sameDay ? clock(until) : dayAndTime(until)}`
}

/** The time of a moment of today; with its day, if it is another's. */
export const whenOf = (moment: string): string =>
  schoolDay(new Date(moment)) === schoolDay(new Date()) ? clock(moment) : dayAndTime(moment)
