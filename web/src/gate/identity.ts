const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/** Whether an identity number has its form and its check character (GB 11643); the service asks the rest. */
export function isIdentityNumber(text: string): boolean {
  const number = text.trim().toUpperCase()
  if (!/^\d{17}[\dX]$/.test(number)) return false
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(number[at]), 0)
  return CHECKS[sum % 11] === number[17]
}

export const isPhone = (text: string): boolean => /^\+?[\d ()-]{5,31}$/.test(text.trim())

/** A name as a guard reads it: the surname, and a star for the rest. */
export const masked = (name: string): string => name.slice(0, 1) + '*'.repeat(Math.min(name.length - 1, 2))
