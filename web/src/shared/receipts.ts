import { shallowRef } from 'vue'

export interface Receipt {
  text: string
  mood: 'good' | 'bad' | 'quiet'
  /** The same words said again are said again. */
  turn: number
}

/** The one short line that says what has just happened; read aloud where somebody listens. */
export const receipt = shallowRef<Receipt | null>(null)
let turn = 0
let timer: ReturnType<typeof setTimeout> | undefined

export function say(text: string, mood: Receipt['mood'] = 'good'): void {
  receipt.value = { text, mood, turn: ++turn }
  clearTimeout(timer)
  timer = setTimeout(() => (receipt.value = null), 4000)
}
