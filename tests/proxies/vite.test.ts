import { defineStream, type } from '@sse/contract'
import { sse } from '@sse/server/node'
import { serve } from '@sse/test-support/http-server'
import { createServer, type ProxyOptions } from 'vite'
import { expect, it } from 'vitest'

const numbers = defineStream({ path: '/numbers', heartbeatMs: 100, events: { number: type<number>() } })
const quiet = sse(numbers, async function* ({ event, signal }) {
  yield event('number', 1)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
})

/** As docs/operations/in-your-stack.md has it. */
const configure: ProxyOptions['configure'] = (proxy) => {
  proxy.on('proxyRes', (proxyRes, _req, res) => {
    proxyRes.on('close', () => res.destroy())
  })
}

/** Reads a stream through Vite's dev proxy, stops the API server after the first event, and tells what follows. */
async function readAcrossRestart(options: ProxyOptions): Promise<'dead' | 'closed'> {
  const api = await serve(quiet)
  const vite = await createServer({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    optimizeDeps: { noDiscovery: true },
    server: {
      host: '127.0.0.1',
      port: 0,
      ws: false,
      watch: null,
      proxy: { '/numbers': { target: api.origin, ...options } },
    },
  })
  try {
    await vite.listen()
    const address = vite.httpServer?.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const reader = (await fetch(`http://127.0.0.1:${port}/numbers`)).body?.getReader()
    let text = ''
    while (!text.includes('data: 1')) text += new TextDecoder().decode((await reader?.read())?.value)
    await api[Symbol.asyncDispose]()
    const closed = (async () => {
      while (!(await reader?.read())?.done);
      return 'closed' as const
    })().catch(() => 'closed' as const)
    const dead = new Promise<'dead'>((resolve) => setTimeout(resolve, 3_000, 'dead'))
    return await Promise.race([closed, dead])
  } finally {
    await vite.close()
  }
}

it('a page behind Vite’s dev proxy reconnects when the API server restarts, with two lines', async () => {
  expect(await readAcrossRestart({ configure })).toBe('closed')
})

it('without them the page’s connection stays open and dead', async () => {
  expect(await readAcrossRestart({})).toBe('dead')
})
