import { clock, dayAndTime, schoolDay } from '@/words/dates'

/** A span of time; its day is said once where it ends on the same. */
export function between(since: string, until: string): string {
  const sameDay = schoolDay(new Date(since)) === schoolDay(new Date(until))
  return `${dayAndTime(since)} – ${sameDay ? clock(until) : dayAndTime(until)}`
}
