/**
 * The public interface of the platform, typed from its OpenAPI documents.
 *
 *     const { items } = await ask(cases.GET('/cases', { params: { query: { tab: 'overdue' } } }))
 */
import createClient from 'openapi-fetch'
import type { paths as CasesPaths } from './generated/cases'
import type { paths as DispatchPaths } from './generated/dispatch'
import type { paths as PointsPaths } from './generated/points'
import type { paths as RegistryPaths } from './generated/registry'
import type { paths as VolunteersPaths } from './generated/volunteers'
import { Problem } from './problem'
import { currentToken, renew } from './session'

export { Problem } from './problem'

const LONGEST_MS = 40_000

const options = { baseUrl: '/api', fetch: send }
export const registry = createClient<RegistryPaths>(options)
export const cases = createClient<CasesPaths>(options)
export const dispatch = createClient<DispatchPaths>(options)
export const volunteers = createClient<VolunteersPaths>(options)
export const points = createClient<PointsPaths>(options)

/** What was asked for. Throws Problem when it was refused or no answer came. */
export async function ask<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let told: { data?: T; error?: unknown; response: Response }
  try {
    told = await asked
  } catch (error) {
    throw error instanceof Problem ? error : Problem.unreachable()
  }
  if (!told.response.ok) throw Problem.of(told.response, told.error)
  return told.data as T
}

/** Names one intention of a person: sent again with the same key, it is done once. */
export function intention(): string {
  return crypto.randomUUID()
}

/** The headers of a change to what was read as this version. */
export function unchanged(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` }
}

/** Sends a request as whoever is signed in; once more with a new token where the old one is no longer good. */
export async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const answer = await sendAs(request, await currentToken())
  if (answer.status !== 401 || !answer.headers.has('WWW-Authenticate')) return answer
  return (await renew()) ? sendAs(again, await currentToken()) : answer
}

function sendAs(request: Request, token: string | null): Promise<Response> {
  const headers = new Headers(request.headers)
  if (token !== null) headers.set('Authorization', `Bearer ${token}`)
  return fetch(new Request(request, { headers, signal: AbortSignal.timeout(LONGEST_MS) }))
}
