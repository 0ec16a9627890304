/** The digits of a temperature with one decimal: three of them, and only such as can become a possible reading. */
export interface Range {
  lowest: number
  highest: number
}

export const LENGTH = 3

export const whole = (digits: string): boolean => digits.length === LENGTH

export const degrees = (digits: string): number => Number(digits) / 10

/** "36.5" of "365", and what is there so far of less. */
export const written = (digits: string): string =>
  digits.length < 2 ? digits : `${digits.slice(0, 2)}.${digits.slice(2)}`

/** Whether a possible temperature can begin so: what cannot be is not taken, rather than refused afterwards. */
export function possible(digits: string, { lowest, highest }: Range): boolean {
  if (digits.length > LENGTH) return false
  const least = Number(digits.padEnd(LENGTH, '0'))
  const most = Number(digits.padEnd(LENGTH, '9'))
  return most >= Math.round(lowest * 10) && least <= Math.round(highest * 10)
}
