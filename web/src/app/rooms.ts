import type { RouteRecordRaw } from 'vue-router'
import type { Schemas } from '@/api/client'
import type { LeadsTo } from './links'
import { leadsTo as inFamily } from '@/family/links'
import { familyRoutes } from '@/family/routes'
import { leadsTo as atGate } from '@/gate/links'
import { gateRoutes } from '@/gate/routes'
import { leadsTo as inOfficeRoom } from '@/office/links'
import { inOffice } from '@/office/roots'
import { officeRoutes } from '@/office/routes'
import { leadsTo as inSchool } from '@/school/links'
import { SCHOOL_ROLES } from '@/school/place'
import { schoolRoutes } from '@/school/routes'

export interface Room {
  path: string
  routes: RouteRecordRaw[]
  /** For whom it is the first page after signing in; the first room of the list that fits is theirs. */
  homeOf: (roles: ReadonlySet<Schemas['Role']>) => boolean
  leadsTo: LeadsTo
}

/** The rooms of the program. The family's comes last: everybody has a health of their own to log. */
export const ROOMS: Room[] = [
  { path: '/office', routes: officeRoutes, homeOf: inOffice, leadsTo: inOfficeRoom },
  {
    path: '/school',
    routes: schoolRoutes,
    homeOf: (roles) => SCHOOL_ROLES.some((one) => roles.has(one)),
    leadsTo: inSchool,
  },
  { path: '/gate', routes: gateRoutes, homeOf: (roles) => roles.has('gate_guard'), leadsTo: atGate },
  { path: '/family', routes: familyRoutes, homeOf: () => true, leadsTo: inFamily },
]
