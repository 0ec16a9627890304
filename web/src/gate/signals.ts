/** What a guard hears and feels without looking: one high tone for in, two low ones for away. */
let sound: AudioContext | undefined

/** Browsers make no sound before somebody has touched the page. */
export function allowSound(): void {
  sound ??= new AudioContext()
  void sound.resume().catch(() => undefined)
}

export function signal(mood: 'good' | 'bad' | 'ask', aloud: boolean): void {
  navigator.vibrate?.({ good: [80], ask: [80, 80, 80], bad: [250, 120, 250] }[mood])
  if (!aloud || sound?.state !== 'running') return
  const tones = {
    good: [[1320, 0]],
    ask: [[660, 0]],
    bad: [
      [220, 0],
      [220, 0.3],
    ],
  }[mood] as [number, number][]
  for (const [pitch, after] of tones) beep(sound, pitch, after)
}

function beep(on: AudioContext, pitch: number, after: number): void {
  const [tone, loudness] = [on.createOscillator(), on.createGain()]
  const start = on.currentTime + after
  tone.frequency.value = pitch
  loudness.gain.setValueAtTime(0.4, start)
  loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.22)
  tone.connect(loudness).connect(on.destination)
  tone.start(start)
  tone.stop(start + 0.25)
}
