import { Refused } from '@/api/problems'
import { words } from '@/words'

/** A failure in words: the service's own, else what can be done about it. */
export function said(failure: unknown): string {
  if (failure instanceof Refused && failure.message) {
    const fields = failure.fields.map((one) => one.detail).filter(Boolean)
    return fields.length ? fields.join(' ') : failure.message
  }
  return words.global.t('app.unreachable')
}
