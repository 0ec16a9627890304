import type { LeadsTo } from '@/app/links'
import { rootsOf } from './roots'

export const leadsTo: LeadsTo = (thing, day, memberships) => {
  const [id] = rootsOf(memberships)
  if (!id) return null
  if (thing === 'missing') return { name: 'office-place', params: { id } }
  if (thing === 'approvals') return { name: 'office-referrals', params: { id } }
  if (thing === 'closures') return { name: 'office-closures', params: { id } }
  return thing === 'reports' ? { name: 'office-reports', params: { id }, query: day ? { day } : {} } : null
}
