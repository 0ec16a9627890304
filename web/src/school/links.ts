import type { LeadsTo } from '@/app/links'

export const leadsTo: LeadsTo = (thing, id) => {
  if (thing === 'approvals' && id) return { name: 'approvals', params: { request: id } }
  if (thing === 'units' && id) return { name: 'class', params: { unit: id } }
  if (thing === 'missing') return { name: 'school' }
  if (thing === 'reports') return { name: 'report' }
  return thing === 'insiders' || thing === 'closures' ? { name: 'campus' } : null
}
