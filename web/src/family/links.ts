import type { LeadsTo } from '@/app/links'

export const leadsTo: LeadsTo = (thing, id) => {
  if (thing === 'checkins') return { name: 'today' }
  if (thing === 'persons' && id) return { name: 'person', params: { id } }
  if (thing === 'entry-requests' && id) return { name: 'entry', params: { id } }
  return thing === 'passes' || thing === 'entry-requests' || thing === 'closures' ? { name: 'entries' } : null
}
