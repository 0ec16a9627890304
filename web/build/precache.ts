import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { OutputBundle, OutputChunk } from 'rolldown'
import type { Plugin } from 'vite'

// Rooms that work without a network. What only the consoles need stays out of a family's phone.
const ROOMS = /\/src\/(app|family|gate|session|shared|words|look)\//
const BESIDE = ['/manifest.webmanifest', '/icons/icon.svg', '/icons/icon-192.png']

/** Writes dist/worker.js: src/worker/worker.js with the list of files that it keeps, and a name for that list. */
export function precache(): Plugin {
  return {
    name: 'precache',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const files = ['/index.html', ...kept(bundle).map((name) => `/${name}`), ...BESIDE]
      const page = bundle['index.html']
      const text = await readFile(new URL('../src/worker/worker.js', import.meta.url), 'utf8')
      // Names of assets change with what they hold; the page itself does not tell by its name.
      const seal = createHash('sha256').update(JSON.stringify(files)).update(text)
      if (page?.type === 'asset') seal.update(page.source)
      const source = text
        .replace('__VERSION__', seal.digest('hex').slice(0, 16))
        .replace("['__FILES__']", JSON.stringify(files))
      this.emitFile({ type: 'asset', fileName: 'worker.js', source })
    },
  }
}

function kept(bundle: OutputBundle): string[] {
  const found = new Set<string>()
  const follow = (chunk: OutputChunk): void => {
    if (found.has(chunk.fileName)) return
    found.add(chunk.fileName)
    const { importedCss } = chunk.viteMetadata ?? { importedCss: new Set<string>() }
    importedCss.forEach((name) => found.add(name))
    chunk.imports.forEach((name) => visit(name))
  }
  const visit = (name: string): void => {
    const one = bundle[name]
    if (one?.type === 'chunk') follow(one)
  }
  for (const one of Object.values(bundle)) {
    if (one.type === 'chunk' && (one.isEntry || ROOMS.test(one.facadeModuleId ?? ''))) follow(one)
  }
  return [...found].sort()
}
