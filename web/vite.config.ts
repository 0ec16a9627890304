import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { packed } from './build/packed.ts'
import { precache } from './build/precache.ts'

// `npm run dev` speaks to an API that runs beside it: scripts/run
const api = process.env['LIANFANG_API'] ?? 'http://127.0.0.1:8000'

// What every page needs, in one file that changes only when one of these does.
const FRAME = /node_modules\/(@?vue|@intlify|vue-router|vue-i18n|pinia|idb|openapi-fetch)\//

export default defineConfig({
  plugins: [vue(), precache(), packed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: ['es2020', 'chrome87', 'safari15'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: { codeSplitting: { groups: [{ name: 'frame', test: FRAME }] } },
    },
  },
  server: { proxy: { '/api': api } },
})
