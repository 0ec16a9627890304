import type zh from '../zh-CN/entries'

const entries: typeof zh = {
  verdicts: { approve: 'Approve', return: 'Return', refuse: 'Refuse' },
  reason: {
    approve: 'Approve: {who}',
    return: 'Return for change: {who}',
    refuse: 'Refuse: {who}',
    label: 'Reason',
    note: 'Whoever asked will see it',
    common: 'Reason for all',
    commonNote: 'For those without one of their own; whoever asked will see it',
    apart: 'A reason for each',
    wanted: 'Give a reason, so that they know what to do.',
  },
  purposes: {
    work: 'Work',
    study: 'Study',
    return: 'Return to school',
    meeting: 'Meeting',
    pick_up: 'Picking up',
    repair: 'Repair',
    delivery: 'Delivery',
    inspection: 'Inspection',
    other: 'Other',
  },
}
export default entries
