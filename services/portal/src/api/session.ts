/**
 * Who is signed in, and the token that says so.
 *
 * The access token lives in this module's memory only, for at most a quarter of an hour: no script can read it from a
 * store, and it is gone with the tab. What renews it is a cookie that no script can see (HttpOnly, SameSite=Strict).
 */
import { reactive, readonly } from 'vue'
import { Problem } from './problem'
import type { components } from './generated/registry'

export type Me = components['schemas']['Me']

interface State {
  /** null: nobody is signed in. */
  me: Me | null
  /** Whether it is known yet who is signed in. */
  isKnown: boolean
}

// A tab opened tomorrow knows by this that asking for a new token is worth while; it holds nothing secret.
const MARK = 'yiwang-signed-in'
// A token is renewed so long before it ends.
const MARGIN_MS = 30_000

const state = reactive<State>({ me: null, isKnown: false })
let token: string | null = null
let endsAt = 0
let renewing: Promise<boolean> | null = null

export const session = readonly(state)

export function may(roles: readonly string[]): boolean {
  return state.me !== null && (roles.length === 0 || roles.some((role) => state.me!.roles.includes(role)))
}

/** The token to send now, renewed where it is about to end; null when nobody is signed in. */
export async function currentToken(): Promise<string | null> {
  if (token !== null && Date.now() > endsAt - MARGIN_MS) await renew()
  return token
}

/** Finds out who is signed in, once. */
export async function restore(): Promise<void> {
  if (state.isKnown) return
  if (localStorage.getItem(MARK) !== null && (await renew())) await readMe()
  state.isKnown = true
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await post('/api/registry/sessions', { username, password })
  keep(await answer.json())
  localStorage.setItem(MARK, '1')
  await readMe()
  state.isKnown = true
}

export async function signOut(): Promise<void> {
  localStorage.removeItem(MARK)
  forget()
  await fetch('/api/registry/sessions/current', { method: 'DELETE' }).catch(() => undefined)
}

/** Asks for a new token; false when the sign-in is over. Tabs take turns, so that the cookie is not used twice. */
export function renew(): Promise<boolean> {
  renewing ??= inTurn(async () => {
    const answer = await fetch('/api/registry/sessions/refresh', { method: 'POST' })
    if (answer.status === 401) {
      localStorage.removeItem(MARK)
      forget()
      return false
    }
    if (!answer.ok) throw Problem.of(answer, await answer.json().catch(() => null))
    keep(await answer.json())
    return true
  }).finally(() => {
    renewing = null
  })
  return renewing
}

function inTurn<T>(act: () => Promise<T>): Promise<T> {
  return navigator.locks ? (navigator.locks.request('yiwang-session', act) as Promise<T>) : act()
}

function keep(granted: { access_token: string; expires_in: number }): void {
  token = granted.access_token
  endsAt = Date.now() + granted.expires_in * 1000
}

function forget(): void {
  token = null
  endsAt = 0
  state.me = null
}

async function readMe(): Promise<void> {
  const answer = await fetch('/api/registry/me', { headers: { Authorization: `Bearer ${token}` } })
  if (!answer.ok) throw Problem.of(answer, await answer.json().catch(() => null))
  state.me = (await answer.json()) as Me
}

async function post(path: string, body: unknown): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  } catch {
    throw Problem.unreachable()
  }
  if (!answer.ok) throw Problem.of(answer, await answer.json().catch(() => null))
  return answer
}
