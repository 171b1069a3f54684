/** What a clock shows: how much is left, or by how much it is over, and how pressing that is. */

export type Pressure = 'calm' | 'soon' | 'over'

export interface Due {
  pressure: Pressure
  /** Whole units, the two largest that are not zero, such as 1 hour 20 minutes. */
  parts: { days: number; hours: number; minutes: number }
}

/** A limit is pressing from this share of it on. */
const SOON_SHARE = 0.8
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/**
 * @param dueAt when the limit ends
 * @param from when it began; without it the last day is pressing
 */
export function due(dueAt: Date, now: Date, from?: Date): Due {
  const left = dueAt.getTime() - now.getTime()
  return { pressure: pressure(left, dueAt, now, from), parts: parts(Math.abs(left)) }
}

function pressure(left: number, dueAt: Date, now: Date, from?: Date): Pressure {
  if (left < 0) return 'over'
  if (from === undefined) return left <= DAY_MS ? 'soon' : 'calm'
  const whole = dueAt.getTime() - from.getTime()
  return whole > 0 && (now.getTime() - from.getTime()) / whole >= SOON_SHARE ? 'soon' : 'calm'
}

function parts(ms: number): Due['parts'] {
  const days = Math.floor(ms / DAY_MS)
  const hours = Math.floor((ms % DAY_MS) / HOUR_MS)
  // Beside days, minutes are noise.
  const minutes = days > 0 ? 0 : Math.floor((ms % HOUR_MS) / MINUTE_MS)
  return { days, hours, minutes }
}
