import { computed, watch, type ComputedRef } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { usePolled } from '@/api/polled'
import type { Queued } from '@/shared/store'
import { clock, schoolDay } from '@/words/dates'
import { useQueue } from './queue'

export type Member = Schemas['FamilyMemberOut']

/** A member as this phone knows it: what the service has, and what is on the way there. */
export interface Followed {
  member: Member
  onTheWay: Queued[]
  refused: Queued[]
  /** The slot that is owed now. Nothing is owed that this phone has already noted. */
  owed: Schemas['FamilySlotOut'] | null
  /** The slot that comes next; it is too early for it. */
  next: Schemas['FamilySlotOut'] | null
}

const EVERY = 60_000

export const useMembers = defineStore('members', () => {
  const queue = useQueue()
  const polled = usePolled((headers) => api.GET('/api/v1/me/family', { headers }), { every: EVERY, kept: 'family' })
  watch(
    () => queue.landed,
    () => void polled.refresh(),
  )

  const members: ComputedRef<Followed[]> = computed(() => sorted(polled.data.value?.members ?? []).map(follow))

  function follow(member: Member): Followed {
    const today = schoolDay(new Date())
    const there = new Set(member.readings.map((one) => one.id))
    const own = queue.items.filter((one) => one.person === member.person_id && !there.has(one.id))
    const onTheWay = own.filter((one) => one.state !== 'refused' && schoolDay(new Date(one.takenAt)) === today)
    // What is shown may be of yesterday evening: then nothing of it is done today.
    const fresh = polled.data.value?.day === today
    const open = member.slots.filter((one) => (fresh ? ['due', 'late'].includes(one.state) : one.required))
    const now = clock(new Date())
    return {
      member,
      onTheWay,
      refused: own.filter((one) => one.state === 'refused'),
      owed: onTheWay.length ? null : (open.find((one) => one.opens <= now) ?? null),
      next: open.find((one) => one.opens > now) ?? null,
    }
  }

  const find = (id: number): Followed | undefined => members.value.find((one) => one.member.person_id === id)
  return { members, find, data: polled.data, asOf: polled.asOf, failure: polled.failure, refresh: polled.refresh }
})

/** Each child before those who live with it, oneself last. */
function sorted(members: Member[]): Member[] {
  const place = (one: Member): string => {
    const own = one.kind === 'staff' ? '2' : '1'
    return `${own} ${String(one.child_id ?? one.person_id).padStart(20, '0')} ${one.child_id ? 1 : 0}`
  }
  return [...members].sort((a, b) => place(a).localeCompare(place(b)) || a.person_id - b.person_id)
}
