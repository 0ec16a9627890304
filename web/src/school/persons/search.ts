import { shallowRef } from 'vue'
import type { Schemas } from '@/api/client'

/** What was looked for last: still there when one of those who were found has been looked at. */
export const sought = shallowRef('')

const IDENTITY = /^\d{17}[\dXx]$/
const PHONE = /^\+?[\d ()-]{7,}$/

/** One field for all: eighteen characters are an identity number, other digits a phone, the rest a name. */
export function searchFor(text: string): Schemas['PersonSearch'] {
  if (IDENTITY.test(text)) return { identity_number: text }
  return PHONE.test(text) ? { phone: text } : { name: text }
}
