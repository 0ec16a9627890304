export const PATIENCE = 15_000 // milliseconds; on a bad network a reading is better queued than waited for
export const FOR_FILES = 180_000 // a roll of ten thousand is checked and written while its sender waits

/** Ends what takes longer. `AbortSignal.timeout` is younger than many a phone. */
export function within(milliseconds: number): AbortSignal {
  const ended = new AbortController()
  setTimeout(() => ended.abort(), milliseconds)
  return ended.signal
}

/** What `work` brings, if it does so in time; it goes on all the same. */
export async function inTime<T>(work: Promise<T>, patience: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), patience)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
