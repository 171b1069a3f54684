import type { Page } from '@/pages'

export default {
  path: '/forbidden',
  face: 'plain',
  roles: 'public',
  title: { zh: '没有权限', en: 'Not allowed' },
  component: () => import('./Forbidden.vue'),
} satisfies Page
