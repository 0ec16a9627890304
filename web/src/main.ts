import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/app/App.vue'
import { router } from '@/app/router'
import { keepProgram } from '@/worker/keep'
import { preferred, speak, words } from '@/words'
import '@/look/tokens.css'
import '@/look/base.css'
import '@/look/preferences'

async function start(): Promise<void> {
  await speak(preferred())
  createApp(App).use(createPinia()).use(words).use(router).mount('#app')
  keepProgram()
}

void start()
