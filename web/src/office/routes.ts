import type { RouteRecordRaw } from 'vue-router'
import { speakAtWork } from '@/words'

export const officeRoutes: RouteRecordRaw[] = [
  {
    path: '/office',
    component: () => import('./OfficeRoom.vue'),
    beforeEnter: speakAtWork,
    children: [
      { path: '', name: 'office', component: () => import('./OfficeHome.vue') },
      { path: 'inbox', name: 'office-inbox', component: () => import('@/app/InboxPage.vue') },
      { path: 'settings', name: 'office-settings', component: () => import('./SettingsPage.vue') },
      { path: ':id(\\d+)', name: 'office-place', component: () => import('./PlacePage.vue') },
      { path: ':id(\\d+)/units/:unit(\\d+)', name: 'office-unit', component: () => import('./UnitPage.vue') },
      { path: ':id(\\d+)/policies', name: 'office-policies', component: () => import('./PoliciesPage.vue') },
      { path: ':id(\\d+)/requests', name: 'office-referrals', component: () => import('./ReferralsPage.vue') },
      { path: ':id(\\d+)/report', name: 'office-report', component: () => import('./ReportPage.vue') },
      { path: ':id(\\d+)/failures', name: 'office-failures', component: () => import('./FailuresPage.vue') },
      { path: ':id(\\d+)/reports', name: 'office-reports', component: () => import('./ReportsPage.vue') },
      { path: ':id(\\d+)/closures', name: 'office-closures', component: () => import('./ClosuresPage.vue') },
    ],
  },
]
