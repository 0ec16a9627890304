import { onMounted, onUnmounted } from 'vue'

/**
 * Keeps the screen on while a page is shown: a guard scans slowly, and a phone that darkens meanwhile has to be unlocked
 * again. The browser lets go of it whenever the page is hidden, so it is asked for anew. Not every phone can.
 */
export function useScreenOn(): void {
  let held: WakeLockSentinel | undefined
  let shown = true

  async function ask(): Promise<void> {
    if (document.visibilityState !== 'visible') return
    const got = await navigator.wakeLock?.request('screen').catch(() => undefined)
    if (shown) held = got
    else void got?.release()
  }

  const again = (): void => void ask()
  onMounted(() => {
    document.addEventListener('visibilitychange', again)
    again()
  })
  onUnmounted(() => {
    shown = false
    document.removeEventListener('visibilitychange', again)
    void held?.release()
  })
}
