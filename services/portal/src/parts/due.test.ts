import { expect, test } from 'vitest'
import { due } from './due'

const at = (text: string) => new Date(`2026-11-20T${text}+08:00`)

test('a limit says what is left in its two largest units', () => {
  expect(due(at('15:20'), at('14:00')).parts).toEqual({ days: 0, hours: 1, minutes: 20 })
  expect(due(new Date('2026-11-23T16:30:00+08:00'), at('14:00')).parts).toEqual({ days: 3, hours: 2, minutes: 0 })
})

test('it is pressing from four fifths of the limit on', () => {
  const from = at('10:00')
  expect(due(at('15:00'), at('13:59'), from).pressure).toBe('calm')
  expect(due(at('15:00'), at('14:00'), from).pressure).toBe('soon')
})

test('without a beginning the last day is pressing', () => {
  expect(due(new Date('2026-11-21T14:00:00+08:00'), at('14:00')).pressure).toBe('soon')
  expect(due(new Date('2026-11-21T14:00:01+08:00'), at('14:00')).pressure).toBe('calm')
})

test('past its end it says by how much it is over', () => {
  const late = due(at('14:00'), at('14:05'))
  expect(late.pressure).toBe('over')
  expect(late.parts).toEqual({ days: 0, hours: 0, minutes: 5 })
})

test('the very moment it ends is not yet over', () => {
  expect(due(at('14:00'), at('14:00')).pressure).toBe('soon')
})
