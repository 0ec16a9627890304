import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { useSession } from '@/session/session'
import { ROOMS } from './rooms'

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', name: 'home', component: () => import('./HomePage.vue') },
    { path: '/sign-in', name: 'sign-in', component: () => import('./SignInPage.vue'), meta: { open: true } },
    { path: '/password', name: 'password', component: () => import('./PasswordPage.vue') },
    ...ROOMS.flatMap((room) => room.routes),
    { path: '/:rest(.*)*', name: 'missing', component: () => import('./MissingPage.vue'), meta: { open: true } },
  ],
})

// Only who was never signed in here is sent away: an ended session must not stand in front of a reading.
router.beforeEach((to: RouteLocationNormalized) => {
  const session = useSession()
  if (to.meta['open']) return true
  if (!session.known) return { name: 'sign-in', query: to.path === '/' ? {} : { to: to.fullPath } }
  if (session.mustChangePassword && to.name !== 'password') return { name: 'password' }
  return true
})
