import { createI18n } from 'vue-i18n'
import zh from './zh-CN'
import type rooms from './zh-CN/rooms'

export type Language = 'zh-CN' | 'en'
export const LANGUAGES: [Language, string][] = [
  ['zh-CN', '中文'],
  ['en', 'English'],
]

type Words = typeof zh & typeof rooms

const ROOMS = {
  'zh-CN': () => import('./zh-CN/rooms'),
  en: () => import('./en/rooms'),
}
const PLACE = 'lianfang.language'
let atWork = false

/** Every word that people read. zh-CN is whole by definition; `en` is held to it by its type. */
export const words = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as unknown as Record<Language, Words>,
})

/** A title that the service writes as words within a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Several words in a row, as the language puts them. */
export const listed = (some: readonly string[]): string => some.join(words.global.t('app.comma'))

export const spoken = (): Language => words.global.locale.value as Language

export async function speak(language: Language): Promise<void> {
  if (language === 'en') words.global.mergeLocaleMessage('en', (await import('./en')).default)
  if (atWork) await learn(language)
  words.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(PLACE, language)
}

/** Brings the words of the rooms of work, which a family's phone never asks for. */
export async function speakAtWork(): Promise<void> {
  if (atWork) return
  await learn(spoken())
  atWork = true
}

async function learn(language: Language): Promise<void> {
  words.global.mergeLocaleMessage(language, (await ROOMS[language]()).default)
}

/** The language that was chosen here, else the first of the browser's that there is. */
export function preferred(): Language {
  const chosen = localStorage.getItem(PLACE)
  const wanted = chosen ? [chosen] : navigator.languages
  const found = wanted.map((one) => (one.startsWith('zh') ? 'zh-CN' : one.startsWith('en') ? 'en' : null))
  return found.find((one) => one !== null) ?? 'zh-CN'
}
