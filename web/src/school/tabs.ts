import { computed, type ComputedRef } from 'vue'
import type { RouteLocationRaw } from 'vue-router'
import type { IconName } from '@/shared/icons'
import { usePlace } from './place'

interface Tab {
  name: 'glance' | 'classes' | 'approvals' | 'report' | 'campus' | 'inbox' | 'roll' | 'policies' | 'own'
  to: RouteLocationRaw
  icon: IconName
  shown: boolean
}

/** The room's pages: those of every day, and those beside them, which a phone lists on a page of their own. */
export function useTabs(): { daily: ComputedRef<Tab[]>; beside: ComputedRef<Tab[]> } {
  const place = usePlace()
  const shown = (tabs: Tab[]): Tab[] => tabs.filter((one) => one.shown)
  const daily = computed(() =>
    shown([
      { name: 'glance', to: { name: 'school' }, icon: 'eye', shown: true },
      { name: 'classes', to: { name: 'classes' }, icon: 'thermometer', shown: place.keysIn },
      { name: 'approvals', to: { name: 'approvals' }, icon: 'check', shown: true },
      { name: 'report', to: { name: 'report' }, icon: 'pen', shown: place.reports },
      { name: 'campus', to: { name: 'campus' }, icon: 'gate', shown: true },
      { name: 'inbox', to: { name: 'school-inbox' }, icon: 'message', shown: true },
    ]),
  )
  const beside = computed(() =>
    shown([
      { name: 'roll', to: { name: 'roll' }, icon: 'roll', shown: true },
      { name: 'policies', to: { name: 'school-policies' }, icon: 'sliders', shown: true },
      { name: 'own', to: '/family', icon: 'person', shown: true },
    ]),
  )
  return { daily, beside }
}
