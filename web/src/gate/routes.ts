import type { RouteRecordRaw } from 'vue-router'
import { speakAtWork } from '@/words'

export const gateRoutes: RouteRecordRaw[] = [
  {
    path: '/gate',
    component: () => import('./GateRoom.vue'),
    beforeEnter: speakAtWork,
    children: [
      { path: '', name: 'gate-check', component: () => import('./CheckPage.vue'), meta: { tab: 'check' } },
      { path: 'visitor', name: 'gate-visitor', component: () => import('./VisitorPage.vue'), meta: { tab: 'visitor' } },
      { path: 'inside', name: 'gate-inside', component: () => import('./InsidePage.vue'), meta: { tab: 'inside' } },
      { path: 'log', name: 'gate-log', component: () => import('./LogPage.vue'), meta: { tab: 'log' } },
      { path: 'inbox', name: 'gate-inbox', component: () => import('@/app/InboxPage.vue'), meta: { tab: 'mine' } },
      { path: 'mine', name: 'gate-mine', component: () => import('./MinePage.vue'), meta: { tab: 'mine' } },
    ],
  },
]
