import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer, defaultClientConditions } from 'vite'

/** The page in development, served by Vite as any app's is. */
export async function startPage(): Promise<{ url: string } & AsyncDisposable> {
  const cacheDir = mkdtempSync(join(tmpdir(), 'sse-devtools-'))
  const server = await createServer({
    root: fileURLToPath(new URL('page/', import.meta.url)),
    configFile: false,
    cacheDir,
    logLevel: 'warn',
    resolve: { conditions: ['@sse/source', ...defaultClientConditions] },
    // A dependency found late would reload the page.
    optimizeDeps: { noDiscovery: true, include: ['zod'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null, fs: { strict: false } },
  })
  await server.listen()
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(cacheDir, { recursive: true, force: true })
    },
  }
}
