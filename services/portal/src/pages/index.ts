/**
 * Every page of the portal. A page is a folder with a `page.ts` that says where it is, whose it is and what it is made
 * of; nothing else has to be told.
 */
import type { Component } from 'vue'
import type { Role } from '@/api/roles'

export type Face = 'phone' | 'desk' | 'wall' | 'plain'

export interface Page {
  /** Address, such as `/desk/cases/:id`. */
  path: string
  face: Face
  /** Who may open it; nobody named: whoever is signed in; `public`: everybody. */
  roles: readonly Role[] | 'public'
  /** Its name in menus and as the title of the window. */
  title: { zh: string; en: string }
  /** Its place in the menu of its face, from 1; without it, it is reached from other pages only. */
  menu?: { order: number; icon: string }
  component: () => Promise<{ default: Component }>
}

const found = import.meta.glob<{ default: Page }>('./**/page.ts', { eager: true })

export const pages: readonly Page[] = Object.values(found)
  .map((module) => module.default)
  .sort((one, other) => (one.menu?.order ?? 99) - (other.menu?.order ?? 99))
