import { DESK } from '@/api/roles'
import type { Page } from '@/pages'

export default {
  path: '/desk',
  face: 'desk',
  roles: DESK,
  title: { zh: '待办事项', en: 'Inbox' },
  menu: { order: 1, icon: 'inbox' },
  component: () => import('./Inbox.vue'),
} satisfies Page
