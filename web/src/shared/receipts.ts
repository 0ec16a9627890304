import { shallowRef } from 'vue'

export interface Receipt {
  text: string
  mood: 'good' | 'bad' | 'quiet'
}

/** The one short line that says what has just happened; read aloud where somebody listens. */
export const receipt = shallowRef<Receipt | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

export function say(text: string, mood: Receipt['mood'] = 'good'): void {
  receipt.value = { text, mood }
  clearTimeout(timer)
  timer = setTimeout(() => (receipt.value = null), 4000)
}
