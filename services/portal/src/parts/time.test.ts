import { expect, test } from 'vitest'
import { ago, date, moment } from './time'

test('moments are told in Beijing time', () => {
  expect(moment('2026-11-20T07:30:00Z')).toBe('2026-11-20 15:30')
  expect(date('2026-12-31T16:00:00Z')).toBe('2027-01-01')
})

test('what was lately is told from now', () => {
  const now = new Date('2026-11-20T07:30:00Z')
  expect(ago('2026-11-20T07:29:40Z', now, 'zh')).toBe('此刻')
  expect(ago('2026-11-20T07:27:00Z', now, 'zh')).toBe('3分钟前')
  expect(ago('2026-11-20T05:30:00Z', now, 'en')).toBe('2 hours ago')
  expect(ago('2026-08-20T05:30:00Z', now, 'zh')).toBe('2026-08-20')
})
