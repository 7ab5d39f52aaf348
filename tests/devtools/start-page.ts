import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions, preview } from 'vite'

/** Builds the page for development with Vite, in one piece because it is opened many times. */
export async function startPage(): Promise<{ url: string } & AsyncDisposable> {
  const outDir = mkdtempSync(join(tmpdir(), 'sse-devtools-'))
  const config = {
    root: fileURLToPath(new URL('page/', import.meta.url)),
    configFile: false as const,
    logLevel: 'warn' as const,
    resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
  }
  await build({ ...config, mode: 'development', build: { outDir, emptyOutDir: true, minify: false } })
  const server = await preview({ ...config, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } })
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(outDir, { recursive: true, force: true })
    },
  }
}
