/** The present moment for everything on a page that shows a clock: one timer for all of them, none on a hidden page. */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const STEP_MS = 15_000
const now = ref(new Date())
let watchers = 0
let timer: number | undefined

function look(): void {
  now.value = new Date()
}

function turn(): void {
  window.clearInterval(timer)
  timer = undefined
  if (watchers > 0 && !document.hidden) {
    look()
    timer = window.setInterval(look, STEP_MS)
  }
}

document.addEventListener('visibilitychange', turn)

export function useNow(): Readonly<Ref<Date>> {
  watchers += 1
  if (watchers === 1) turn()
  onScopeDispose(() => {
    watchers -= 1
    if (watchers === 0) turn()
  })
  return readonly(now) as Readonly<Ref<Date>>
}
