import type { Schemas } from '@/api/client'
import type { IconName } from '@/shared/icons'
import type { Mood } from '@/shared/StatusChip.vue'

type Name = 'returned' | 'late' | 'sent' | 'notOwed' | 'overdue' | 'open'

const LOOKS: Record<Name, [Mood, IconName]> = {
  returned: ['bad', 'alert'],
  late: ['warn', 'check'],
  sent: ['good', 'check'],
  notOwed: ['quiet', 'check'],
  overdue: ['bad', 'clock'],
  open: ['warn', 'clock'],
}

/** Where the report of a day stands, in one word. */
export function standOf(row: Schemas['ReportRow']): { name: Name; mood: Mood; icon: IconName } {
  const [mood, icon] = LOOKS[nameOf(row)]
  return { name: nameOf(row), mood, icon }
}

function nameOf(row: Schemas['ReportRow']): Name {
  if (row.state === 'returned') return 'returned'
  if (row.state === 'sent') return row.on_time ? 'sent' : 'late'
  if (!row.owed) return 'notOwed'
  return Date.parse(row.due_at) < Date.now() ? 'overdue' : 'open'
}
