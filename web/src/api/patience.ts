export const PATIENCE = 15_000 // milliseconds; on a bad network a reading is better queued than waited for
export const FOR_FILES = 180_000 // a roll of ten thousand is checked and written while its sender waits

/** Ends what takes longer. `AbortSignal.timeout` is younger than many a phone. */
export function within(milliseconds: number): AbortSignal {
  const ended = new AbortController()
  setTimeout(() => ended.abort(), milliseconds)
  return ended.signal
}

/** What `work` brings, if it does so in time; it goes on all the same. */
export function patiently<T>(work: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    setTimeout(() => failed(new Error('too late')), PATIENCE)
    work.then(done, failed)
  })
}
