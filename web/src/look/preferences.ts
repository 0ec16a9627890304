import { reactive, ref, watchEffect } from 'vue'

const PLACE = 'lianfang.look'

export const THEMES = ['auto', 'light', 'dark'] as const
export const SIZES = ['normal', 'large', 'huge'] as const
export const CONTRASTS = ['normal', 'high'] as const

export interface Look {
  theme: (typeof THEMES)[number]
  size: (typeof SIZES)[number]
  contrast: (typeof CONTRASTS)[number]
}

/** How this device shows things; look/tokens.css says what follows from each. */
export const look = reactive<Look>({ theme: 'auto', size: 'normal', contrast: wished(), ...remembered() })

// Who asked their system for more contrast is not asked again.
function wished(): Look['contrast'] {
  return matchMedia('(prefers-contrast: more)').matches ? 'high' : 'normal'
}

function remembered(): Partial<Look> {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Look>
  } catch {
    return {}
  }
}

const darkOutside = matchMedia('(prefers-color-scheme: dark)')
const outside = ref(darkOutside.matches)
darkOutside.addEventListener('change', (event) => void (outside.value = event.matches))

watchEffect(() => {
  const dark = look.theme === 'dark' || (look.theme === 'auto' && outside.value)
  const shown = { shade: dark ? 'dark' : 'light', size: look.size, contrast: look.contrast }
  Object.assign(document.documentElement.dataset, shown)
  // The bar of the system above the page goes with it, whatever the system's own look is.
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--ground').trim()
  document.querySelectorAll('meta[name=theme-color]').forEach((one) => one.setAttribute('content', ground))
  localStorage.setItem(PLACE, JSON.stringify(look))
})
