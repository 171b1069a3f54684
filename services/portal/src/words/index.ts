/** The words of the pages: Chinese first, English by choice. A page brings its own words with it. */
import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh'

export type Language = 'zh' | 'en'
const CHOICE = 'yiwang-language'
const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en' }

export const words = createI18n({
  legacy: false,
  locale: chosen(),
  fallbackLocale: 'zh',
  messages: { zh, en },
})

document.documentElement.lang = TAGS[chosen()]

function chosen(): Language {
  return localStorage.getItem(CHOICE) === 'en' ? 'en' : 'zh'
}

export function choose(language: Language): void {
  localStorage.setItem(CHOICE, language)
  words.global.locale.value = language
  document.documentElement.lang = TAGS[language]
}
