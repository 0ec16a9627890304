import { watchEffect } from 'vue'
import { words } from '@/words'

/** What the tab, the history and who listens to the page call it. */
export function useTitle(title: () => string): void {
  watchEffect(() => {
    const [page, program] = [title(), words.global.t('app.name')]
    document.title = page && page !== program ? `${page} · ${program}` : program
  })
}
