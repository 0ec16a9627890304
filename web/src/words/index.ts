import { createI18n } from 'vue-i18n'
import zh from './zh-CN'

export type Language = 'zh-CN' | 'en'
export const LANGUAGES: [Language, string][] = [
  ['zh-CN', '中文'],
  ['en', 'English'],
]

const PLACE = 'lianfang.language'

/** Every word that people read. zh-CN is whole by definition; `en` is held to it by its type. */
export const words = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as Record<Language, typeof zh>,
})

export const spoken = (): Language => words.global.locale.value as Language

export async function speak(language: Language): Promise<void> {
  if (language === 'en') words.global.setLocaleMessage('en', (await import('./en')).default)
  words.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(PLACE, language)
}

/** The language that was chosen here, else the first of the browser's that there is. */
export function preferred(): Language {
  const chosen = localStorage.getItem(PLACE)
  const wanted = chosen ? [chosen] : navigator.languages
  const found = wanted.map((one) => (one.startsWith('zh') ? 'zh-CN' : one.startsWith('en') ? 'en' : null))
  return found.find((one) => one !== null) ?? 'zh-CN'
}
