import type { LeadsTo } from '@/app/links'

export const leadsTo: LeadsTo = (thing) => {
  if (thing === 'insiders') return { name: 'gate-inside' }
  return thing === 'closures' ? { name: 'gate-check' } : null
}
