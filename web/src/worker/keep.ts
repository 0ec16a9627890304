/** Keeps the program on this device. A new version takes over while nobody looks, and never from under a form. */
export function keepProgram(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  void register().catch(() => undefined) // a browser without it works while there is a network
}

async function register(): Promise<void> {
  const first = !navigator.serviceWorker.controller
  const held = await navigator.serviceWorker.register('/worker.js')
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (!first && unseen()) location.reload()
  })
  document.addEventListener('visibilitychange', () => {
    if (unseen()) held.waiting?.postMessage('activate')
    else void held.update().catch(() => undefined)
  })
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
