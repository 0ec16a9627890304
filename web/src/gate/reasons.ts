import { useI18n } from 'vue-i18n'
import { span } from '@/words/dates'
import type { Holder } from './checking'
import { holding, type Finding } from './judging'
import { useKit } from './kit'
import { usePost } from './post'

export interface Told {
  why: string
  next: string
}

/** What this phone has found, as the API says it: why, by whose order, and who can do what. */
export function useReasons(): { told: (findings: readonly Finding[], holder?: Holder | null) => Told[] } {
  const { t } = useI18n()
  const { venue } = useKit()
  const post = usePost()

  function told(findings: readonly Finding[], holder?: Holder | null): Told[] {
    const order = holding(venue.value?.closures ?? [], post.time())
    const window = holder?.window ? span(holder.window[0], holder.window[1]) : '—'
    const values = { number: order?.number ?? '—', issuer: order?.issuer_name ?? '—', span: window }
    return findings.map((code) => ({
      why: t(`gate.findings.${code}.why`, values),
      next: t(`gate.findings.${code}.next`, values),
    }))
  }

  return { told }
}
