import { expect, test } from 'vitest'
import { counted } from './counted'

test('a count that goes no further says so', () => {
  expect(counted({ count: 42, is_capped: false })).toBe('42')
  expect(counted({ count: 10_000, is_capped: true })).toBe('10,000+')
})
