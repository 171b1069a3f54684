import { expect, test } from 'vitest'
import { Problem } from './problem'

test('a refusal keeps its code, its sentence and what is wrong with which field', () => {
  const answer = new Response(null, { status: 422, headers: { 'Retry-After': 'soon' } })
  const problem = Problem.of(answer, {
    code: 'invalid',
    detail: 'Some fields are wrong.',
    errors: [{ pointer: '/place/longitude', detail: 'Missing.' }, { pointer: '?limit', detail: 'Too many.' }],
  })

  expect(problem.code).toBe('invalid')
  expect(problem.message).toBe('Some fields are wrong.')
  expect(problem.fields).toEqual({ 'place.longitude': 'Missing.', limit: 'Too many.' })
  expect(problem.retryAfterSeconds).toBeNull()
  expect(problem.isPassing).toBe(false)
})

test('what was not decided may be sent again', () => {
  const busy = Problem.of(new Response(null, { status: 503, headers: { 'Retry-After': '2' } }), null)
  expect(busy.isPassing).toBe(true)
  expect(busy.retryAfterSeconds).toBe(2)
  expect(busy.code).toBe('http_503')
  expect(Problem.unreachable().isPassing).toBe(true)
})
