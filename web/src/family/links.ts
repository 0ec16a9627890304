import type { RouteLocationRaw } from 'vue-router'

/** Where a message leads: the API names a thing, here is the family's page for it. */
export function placeOf(link: string | null): RouteLocationRaw | null {
  const [, thing, id] = link?.split('/') ?? []
  if (thing === 'checkins') return { name: 'today' }
  if (thing === 'persons' && id) return { name: 'person', params: { id } }
  if (thing === 'entry-requests' && id) return { name: 'entry', params: { id } }
  return thing === 'passes' || thing === 'entry-requests' || thing === 'closures' ? { name: 'entries' } : null
}
