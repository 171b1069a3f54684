import type { Page } from '@/pages'

export default {
  path: '/sign-in',
  face: 'plain',
  roles: 'public',
  title: { zh: '登录', en: 'Sign in' },
  component: () => import('./SignIn.vue'),
} satisfies Page
