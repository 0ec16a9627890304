import type { Schemas } from '@/api/client'
import { capital, words } from '@/words'
import { titleOf } from './figures'

type Link = Schemas['EvidenceOut']
type Metrics = Schemas['MetricOut'][]
type Counts = Partial<
  Record<'stated' | 'facts' | 'said' | 'known' | 'entered_after_sending' | 'reason', number | string>
>

const t = (key: string, values: Record<string, unknown> = {}): string =>
  words.global.t(`reporting.failures.details.${key}`, values)
const counted = (value: unknown): value is Counts => typeof value === 'object' && value !== null

/** What a rule has compared of a figure: what was stated with the facts, what was said with what was known. */
function compared(title: string, counts: Counts): string {
  const { stated, facts, said, known, entered_after_sending: entered, reason } = counts
  const told = [
    stated !== undefined ? t('stated', { stated, facts }) : '',
    said !== undefined ? t('known', { said, known }) : '',
    entered !== undefined ? t('entered', { entered }) : '',
    reason ? t('reason', { reason }) : '',
  ]
  return t('figure', { title, told: told.filter(Boolean).join(' ') })
}

const figures = (metrics: Metrics, of: Record<string, unknown>): string[] =>
  Object.entries(of).flatMap(([name, counts]) =>
    counted(counts) ? [compared(capital(titleOf(metrics, name)), counts)] : [],
  )

/** What a link of the chain says beside what it is. */
export function detailsOf(metrics: Metrics, { what, details }: Link): string[] {
  const { number, reason, minutes, unlike_facts: unlike } = details
  const of = what === 'found' ? details : counted(unlike) ? (unlike as Record<string, unknown>) : {}
  return [
    ...(['sent', 'amended'].includes(what) && Number(number) > 1 ? [t('number', { number })] : []),
    ...(typeof minutes === 'number' ? [t('minutes', { minutes })] : []),
    ...(typeof reason === 'string' && reason ? [t('reason', { reason })] : []),
    ...figures(metrics, of),
  ]
}
