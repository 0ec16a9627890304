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
      { path: 'join', name: 'join', component: () => import('./JoinPage.vue'), meta: { tab: 'my' } },
      { path: 'my', name: 'my', component: () => import('./MyPage.vue'), meta: { tab: 'my' } },
    ],
  },
]
