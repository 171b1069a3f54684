import { expect, test } from 'vitest'
import { Problem } from '@/api'
import { usePaged } from './paged'

test('pages follow each other behind the cursor and keep the first count', async () => {
  const asked: (string | undefined)[] = []
  const list = usePaged<number>(async (cursor) => {
    asked.push(cursor)
    return cursor === undefined
      ? { items: [1, 2], next_cursor: 'two', total: 3, total_is_capped: false }
      : { items: [3], next_cursor: null }
  })

  await list.reload()
  expect(list.hasMore.value).toBe(true)
  await list.more()
  await list.more()

  expect(list.items.value).toEqual([1, 2, 3])
  expect(list.total.value).toBe(3)
  expect(list.hasMore.value).toBe(false)
  expect(asked).toEqual([undefined, 'two'])
})

test('an answer that was overtaken by a newer question is not shown', async () => {
  const answers: ((items: number[]) => void)[] = []
  const list = usePaged<number>(() => new Promise((resolve) => answers.push((items) => resolve({ items }))))

  const first = list.reload()
  const second = list.reload()
  answers[1]!([2])
  answers[0]!([1])
  await Promise.all([first, second])

  expect(list.items.value).toEqual([2])
})

test('a refusal keeps what is shown', async () => {
  let isBroken = false
  const list = usePaged<number>(async () => {
    if (isBroken) throw Problem.unreachable()
    return { items: [1] }
  })
  await list.reload()
  isBroken = true
  await list.reload()

  expect(list.items.value).toEqual([1])
  expect(list.problem.value?.status).toBe(0)
  expect(list.isLoading.value).toBe(false)
})
