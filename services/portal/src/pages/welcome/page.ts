import type { Page } from '@/pages'

export default {
  path: '/welcome',
  face: 'plain',
  roles: 'public',
  title: { zh: '我有事要说', en: 'Say what is wrong' },
  component: () => import('./Welcome.vue'),
} satisfies Page
