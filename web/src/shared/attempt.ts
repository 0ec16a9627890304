import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export interface Attempt {
  busy: Ref<boolean>
  /** What went wrong the last time; `said(failure)` puts it into words. */
  failure: ShallowRef<unknown>
  attempt: (work: () => Promise<void>) => Promise<void>
}

/** Something that is tried by a button: once at a time, and its failure is shown where it was asked for. */
export function useAttempt(): Attempt {
  const busy = ref(false)
  const failure = shallowRef<unknown>(null)

  async function attempt(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    failure.value = null
    try {
      await work()
    } catch (thrown) {
      failure.value = thrown
    } finally {
      busy.value = false
    }
  }

  return { busy, failure, attempt }
}
