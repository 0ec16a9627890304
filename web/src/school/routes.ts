import type { RouteRecordRaw } from 'vue-router'
import { speakAtWork } from '@/words'

export const schoolRoutes: RouteRecordRaw[] = [
  {
    path: '/school',
    component: () => import('./SchoolRoom.vue'),
    beforeEnter: speakAtWork,
    children: [
      { path: '', name: 'school', component: () => import('./GlancePage.vue'), meta: { tab: 'glance' } },
      { path: 'classes', name: 'classes', component: () => import('./ClassesPage.vue'), meta: { tab: 'classes' } },
      { path: 'classes/:unit', name: 'class', component: () => import('./ClassPage.vue'), meta: { tab: 'classes' } },
      {
        path: 'approvals/:request?',
        name: 'approvals',
        component: () => import('./ApprovalsPage.vue'),
        meta: { tab: 'approvals' },
      },
      {
        path: 'report/:day(\\d{4}-\\d{2}-\\d{2})?',
        name: 'report',
        component: () => import('./ReportPage.vue'),
        meta: { tab: 'report' },
      },
      { path: 'reports', name: 'reports', component: () => import('./ReportsPage.vue'), meta: { tab: 'report' } },
      { path: 'inbox', name: 'school-inbox', component: () => import('@/app/InboxPage.vue'), meta: { tab: 'inbox' } },
      {
        path: 'persons',
        name: 'roll',
        component: () => import('./persons/PersonsPage.vue'),
        meta: { tab: 'roll' },
      },
      {
        path: 'persons/import',
        name: 'roll-import',
        component: () => import('./persons/ImportPage.vue'),
        meta: { tab: 'roll' },
      },
      {
        path: 'persons/:person(\\d+)',
        name: 'roll-person',
        component: () => import('./persons/PersonPage.vue'),
        meta: { tab: 'roll' },
      },
      {
        path: 'policies',
        name: 'school-policies',
        component: () => import('./PoliciesPage.vue'),
        meta: { tab: 'policies' },
      },
      { path: 'more', name: 'school-more', component: () => import('./MorePage.vue'), meta: { tab: 'more' } },
      { path: 'campus', name: 'campus', component: () => import('./CampusPage.vue'), meta: { tab: 'campus' } },
    ],
  },
]
