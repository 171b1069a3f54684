/** Moments as people here read them: Beijing time, whatever the clock of the device is set to. */

const ZONE = 'Asia/Shanghai'

// sv-SE writes year-month-day hour:minute.
const exactly = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' })
const day = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short' })

/** 2026-11-20 15:30 */
export function moment(at: string | Date): string {
  return exactly.format(new Date(at))
}

/** 2026-11-20 */
export function date(at: string | Date): string {
  return day.format(new Date(at))
}

/** "3 分钟前", "昨天" …; what is longer than a month ago as its date. */
export function ago(at: string | Date, now: Date, language: string): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000
  const said = new Intl.RelativeTimeFormat(language === 'en' ? 'en' : 'zh-CN', { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < 60) return said.format(0, 'minute')
  if (size < 3600) return said.format(Math.trunc(seconds / 60), 'minute')
  if (size < 86_400) return said.format(Math.trunc(seconds / 3600), 'hour')
  if (size < 30 * 86_400) return said.format(Math.trunc(seconds / 86_400), 'day')
  return date(at)
}
