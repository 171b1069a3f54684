/** A list that comes page by page behind a cursor, with the server's own count. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/api'

export interface Piece<T> {
  items?: T[]
  next_cursor?: string | null
  total?: number | null
  total_is_capped?: boolean
}

export interface Paged<T> {
  items: ShallowRef<T[]>
  /** As the server counts it; null where it was not asked. */
  total: Ref<number | null>
  isCapped: Ref<boolean>
  isLoading: Ref<boolean>
  hasMore: Ref<boolean>
  problem: ShallowRef<Problem | null>
  /** From the beginning; what is shown stays until the answer is there. */
  reload: () => Promise<void>
  more: () => Promise<void>
}

export function usePaged<T>(fetchPage: (cursor: string | undefined) => Promise<Piece<T>>): Paged<T> {
  const items = shallowRef<T[]>([])
  const total = ref<number | null>(null)
  const isCapped = ref(false)
  const isLoading = ref(false)
  const hasMore = ref(false)
  const problem = shallowRef<Problem | null>(null)
  let cursor: string | undefined
  // Only the last question asked may answer.
  let asked = 0

  async function load(isFirst: boolean): Promise<void> {
    const turn = ++asked
    isLoading.value = true
    problem.value = null
    try {
      const piece = await fetchPage(isFirst ? undefined : cursor)
      if (turn !== asked) return
      items.value = isFirst ? (piece.items ?? []) : [...items.value, ...(piece.items ?? [])]
      cursor = piece.next_cursor ?? undefined
      hasMore.value = cursor !== undefined
      if (isFirst) {
        total.value = piece.total ?? null
        isCapped.value = piece.total_is_capped ?? false
      }
    } catch (error) {
      if (turn !== asked) return
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      if (turn === asked) isLoading.value = false
    }
  }

  return {
    items,
    total,
    isCapped,
    isLoading,
    hasMore,
    problem,
    reload: () => load(true),
    more: () => (hasMore.value && !isLoading.value ? load(false) : Promise.resolve()),
  }
}
