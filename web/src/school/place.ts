import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import type { Schemas } from '@/api/client'
import { useSession } from '@/session/session'

type Role = Schemas['Role']

const OFFICE: readonly Role[] = ['principal', 'vice_principal', 'school_reporter']
const WATCHERS: readonly Role[] = [...OFFICE, 'school_doctor']

/** Whose first page the school's room is. */
export const SCHOOL_ROLES: readonly Role[] = [...WATCHERS, 'homeroom_teacher']

/** The school that is looked at, and what the account may do in it. */
export const usePlace = defineStore('place', () => {
  const session = useSession()
  const chosen = ref<number | null>(null)
  const held = computed(() => (session.me?.memberships ?? []).filter((one) => SCHOOL_ROLES.includes(one.role)))
  const schools = computed(() => [...new Set(held.value.map((one) => one.institution_id))])
  const id = computed(() => schools.value.find((one) => one === chosen.value) ?? schools.value[0] ?? null)
  const here = computed(() => held.value.filter((one) => one.institution_id === id.value))
  const may = (roles: readonly Role[]): boolean => here.value.some((one) => roles.includes(one.role))
  /** Sees the whole school; else the own classes alone. */
  const watches = computed(() => may(WATCHERS))
  const reports = computed(() => may(OFFICE))
  /** May have those asked who owe; may see a phone number in plain. */
  const reminds = computed(() => may([...OFFICE, 'homeroom_teacher']))
  /** May give out a code by which a guardian signs up. */
  const invites = reminds
  const unmasks = computed(() => may(['principal', 'vice_principal', 'school_doctor', 'homeroom_teacher']))
  const sets = computed(() => may(['principal']))
  const keysIn = computed(() => may(['homeroom_teacher', 'school_doctor']))
  const ownUnits = computed(() => here.value.flatMap((one) => (one.role === 'homeroom_teacher' ? [one.unit_id!] : [])))

  return { id, schools, chosen, watches, reports, reminds, invites, unmasks, sets, keysIn, ownUnits }
})
