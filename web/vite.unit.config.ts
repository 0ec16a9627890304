import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const unit = fileURLToPath(new URL('./unit', import.meta.url))
const tests = readdirSync(unit).filter((name) => name.endsWith('.test.ts'))

// Rules that need no page, put together by what builds the pages and run by Node's own test runner.
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'node_modules/.unit',
    emptyOutDir: true,
    copyPublicDir: false,
    rolldownOptions: { input: Object.fromEntries(tests.map((name) => [name.slice(0, -3), `${unit}/${name}`])) },
  },
})
