import type { Page } from '@/pages'

export default {
  path: '/m',
  face: 'phone',
  roles: [],
  title: { zh: '事项', en: 'Matters' },
  menu: { order: 1, icon: 'orders-o' },
  component: () => import('./Matters.vue'),
} satisfies Page
