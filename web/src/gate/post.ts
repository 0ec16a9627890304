import { computed, reactive, watchEffect } from 'vue'
import { defineStore } from 'pinia'
import type { Schemas } from '@/api/client'
import { useSession } from '@/session/session'

const PLACE = 'lianfang.gate'
export const SITES: Schemas['Site'][] = ['forehead', 'ear', 'armpit', 'mouth']

interface Kept {
  institution: number | null
  venue: number | null
  site: Schemas['Site']
  measures: boolean
  sound: boolean
  /** Milliseconds that the service's clock was ahead of this phone's when it was heard last; 0 for what nobody notices. */
  skew: number
}

/** Where this phone stands and how it works there: of the device, nothing personal. */
export const usePost = defineStore('post', () => {
  const session = useSession()
  const kept = reactive<Kept>({
    institution: null,
    venue: null,
    site: 'forehead',
    measures: true,
    sound: true,
    skew: 0,
    ...remembered(),
  })
  watchEffect(() => localStorage.setItem(PLACE, JSON.stringify(kept)))

  const schools = computed(() => {
    const held = (session.me?.memberships ?? []).filter((one) => one.role === 'gate_guard')
    return [...new Set(held.map((one) => one.institution_id))]
  })
  const institution = computed(() => schools.value.find((one) => one === kept.institution) ?? schools.value[0] ?? null)

  function stand(at: number, venue: number): void {
    Object.assign(kept, { institution: at, venue })
  }

  /** Now, by the service's clock as far as it is known. */
  const time = (): Date => new Date(Date.now() + kept.skew)

  return { kept, schools, institution, stand, time }
})

function remembered(): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Kept>
  } catch {
    return {}
  }
}
