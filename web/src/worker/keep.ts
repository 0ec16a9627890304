import { ref } from 'vue'

/** A newer version of the program is on this device, and waits to be taken. */
export const newer = ref(false)

let held: ServiceWorkerRegistration | undefined
let wanted = false

/**
 * Keeps the program on this device. A new version is offered; it takes over when it is taken, or while nobody looks, and
 * never from under a form.
 */
export function keepProgram(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  void register().catch(() => undefined) // a browser without it works while there is a network
}

async function register(): Promise<void> {
  const first = !navigator.serviceWorker.controller
  held = await navigator.serviceWorker.register('/worker.js')
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (first) return
    if (wanted || unseen()) location.reload()
    else newer.value = true // another tab has taken it
  })
  watchFor(held)
  document.addEventListener('visibilitychange', () => {
    if (unseen()) held?.waiting?.postMessage('activate')
    else void held?.update().catch(() => undefined)
  })
}

function watchFor(one: ServiceWorkerRegistration): void {
  const offer = (): void => void (newer.value = Boolean(one.waiting && navigator.serviceWorker.controller))
  offer()
  one.addEventListener('updatefound', () => one.installing?.addEventListener('statechange', offer))
}

/** Takes the version that waits. What was logged is safe: it stands on this device before it is sent. */
export function takeNewer(): void {
  wanted = true
  if (held?.waiting) held.waiting.postMessage('activate')
  else location.reload()
}

const unseen = (): boolean => document.visibilityState === 'hidden' && !document.querySelector('dialog[open], form')

const PLACE = 'lianfang.reloaded'

// A room that was not loaded yet belongs to a version that the server has no more. Without a network it is merely
// missing: then one more look must not become a loop.
window.addEventListener('vite:preloadError', () => {
  if (Date.now() - Number(sessionStorage.getItem(PLACE)) < 60_000) return
  sessionStorage.setItem(PLACE, String(Date.now()))
  location.reload()
})
