import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw } from 'vue-router'
import { may, restore, session } from '@/api/session'
import { DESK } from '@/api/roles'
import { pages, type Page } from '@/pages'

declare module 'vue-router' {
  interface RouteMeta {
    page?: Page
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: () => home() },
    ...pages.map((page) => ({ path: page.path, component: page.component, meta: { page } })),
    { path: '/:rest(.*)*', component: () => import('@/faces/MissingPage.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

/** Where somebody begins: those who work at a desk there, everybody else on the phone's face. */
export function home(): string {
  if (session.me === null) return '/welcome'
  return may(DESK) ? '/desk' : '/m'
}

router.beforeEach(async (to): Promise<RouteLocationRaw | boolean> => {
  await restore()
  if (to.path === '/') return home()
  const roles = to.meta.page?.roles
  if (roles === undefined || roles === 'public') return true
  if (session.me === null) return { path: '/sign-in', query: { next: to.fullPath } }
  return may(roles) ? true : { path: '/forbidden', query: { from: to.fullPath }, replace: true }
})

/** Only addresses of our own are gone to after signing in. */
export function nextOf(route: RouteLocationNormalized): string {
  const next = route.query.next
  return typeof next === 'string' && /^\/(?!\/)/.test(next) ? next : home()
}
