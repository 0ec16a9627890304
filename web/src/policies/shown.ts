import { listed, words } from '@/words'
import { longDay, weekday } from '@/words/dates'
import type { Json, Shape } from './shape'

const said = (key: string): string | null => (words.global.te(key) ? words.global.t(key) : null)

/** A code of a setting in words; one that this program does not know yet stays as it is. */
export const optionName = (code: string | number): string =>
  typeof code === 'number' ? weekday(code) : (said(`policies.options.${code}`) ?? said(`app.roles.${code}`) ?? code)

export const fieldName = (name: string): string => said(`policies.fields.${name}`) ?? name

/** A value in words, a line for each of its parts. */
export function shown(value: Json | undefined, shape: Shape): string[] {
  const { t } = words.global
  if (value === null || value === undefined) return [t('policies.nothing')]
  switch (shape.kind) {
    case 'maybe':
      return shown(value, shape.of)
    case 'flag':
      return [t(value ? 'policies.yes' : 'policies.no')]
    case 'choice':
      return [optionName(String(value))]
    case 'many':
      return [listed((value as (string | number)[]).map(optionName))]
    case 'day':
      return [longDay(String(value))]
    case 'number':
      return [shape.whole ? String(value) : Number(value).toFixed(1)]
    case 'list':
      return entries(value as Json[], shape)
    case 'object':
      return parts(value as Record<string, Json>, shape, NAMED)
    default:
      return [String(value)]
  }
}

function entries(all: Json[], { item, ordered }: Shape & { kind: 'list' }): string[] {
  if (!all.length) return [words.global.t('policies.nothing')]
  if (item.kind !== 'object') return [listed(all.flatMap((one) => shown(one, item)))]
  const lines = all.map((one) => parts(one as Record<string, Json>, item, CLEAR).join(' · '))
  return ordered ? lines.map((one, at) => `${at + 1}. ${one}`) : lines
}

const NAMED: readonly Shape['kind'][] = []
// In a row of entries a word says by itself what it is: 晨检, 班主任.
const CLEAR: readonly Shape['kind'][] = ['choice', 'many']

/** What is left out of an object holds no news: a site without a threshold of its own, days that are not named. */
function parts(
  value: Record<string, Json>,
  { fields }: Shape & { kind: 'object' },
  unnamed: readonly Shape['kind'][],
): string[] {
  return fields
    .filter(({ name }) => value[name] !== null && !(Array.isArray(value[name]) && !value[name].length))
    .map(({ name, shape }) => {
      const said = listed(shown(value[name], shape))
      return unnamed.includes(shape.kind) ? said : `${fieldName(name)} ${said}`
    })
}
