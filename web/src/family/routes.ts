import type { RouteRecordRaw } from 'vue-router'
import TodayPage from './TodayPage.vue'
import FamilyRoom from './FamilyRoom.vue'

// What is opened at ten to seven comes with the first load; the rest is fetched when it is wanted.
export const familyRoutes: RouteRecordRaw[] = [
  {
    path: '/family',
    component: FamilyRoom,
    children: [
      { path: '', name: 'today', component: TodayPage, meta: { tab: 'today' } },
      {
        path: 'persons/:id(\\d+)',
        name: 'person',
        component: () => import('./PersonPage.vue'),
        meta: { tab: 'today' },
      },
      { path: 'join', name: 'join', component: () => import('./JoinPage.vue'), meta: { tab: 'my' } },
      { path: 'entries', name: 'entries', component: () => import('./EntriesPage.vue'), meta: { tab: 'entries' } },
      { path: 'entries/new', name: 'ask', component: () => import('./AskPage.vue'), meta: { tab: 'entries' } },
      {
        path: 'entries/:id(\\d+)',
        name: 'entry',
        component: () => import('./EntryPage.vue'),
        meta: { tab: 'entries' },
      },
      {
        path: 'entries/:id(\\d+)/change',
        name: 'change',
        component: () => import('./AskPage.vue'),
        meta: { tab: 'entries' },
      },
      { path: 'messages', name: 'messages', component: () => import('@/app/InboxPage.vue'), meta: { tab: 'messages' } },
      { path: 'my', name: 'my', component: () => import('./MyPage.vue'), meta: { tab: 'my' } },
    ],
  },
  { path: '/family/passes/:id(\\d+)', name: 'pass', component: () => import('./PassPage.vue') },
]
