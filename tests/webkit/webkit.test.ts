import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { startProgram } from '@sse/test-support/program'
import { requireProgram } from '@sse/test-support/require-program'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PARSING, type TransportName } from '../conformance/parsing.ts'
import { RESPONSES } from '../conformance/responses.ts'
import { folders as built, importMap } from '../support/built-client.ts'
import { startScriptServer } from '../support/script-server.ts'
import type { PageResult } from './run-in-page.ts'

const folders: Record<string, string> = {
  ...built,
  tests: fileURLToPath(new URL('../', import.meta.url)),
}
const driver = requireProgram('WebKitWebDriver')
const display = requireProgram('xvfb-run')

/** The page that runs all cases, and the modules it is made of: tests with their types taken off. */
async function servePage(scripts: string) {
  const page = `<!doctype html><meta charset="utf-8"><title>running</title>
    ${importMap}
    <script type="module">
      import { runInPage } from '/tests/webkit/run-in-page.ts'
      runInPage('${scripts}').then(
        (results) => { window.results = JSON.stringify(results) },
        (error) => { window.results = JSON.stringify({ error: String(error) }) },
      )
    </script>`
  const server = createServer(async (req, res) => {
    const [, folder = '', ...rest] = new URL(req.url ?? '/', 'http://localhost').pathname.split('/')
    if (!folders[folder]) {
      res.writeHead(200, { 'content-type': 'text/html' }).end(page)
      return
    }
    try {
      const code = await readFile(join(folders[folder], ...rest), 'utf8')
      res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
      res.end(rest.at(-1)?.endsWith('.ts') ? stripTypeScriptTypes(code) : code)
    } catch {
      res.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** WebKit, as far as Debian's driver goes. */
async function askWebKit(url: string, script: string): Promise<string> {
  const port = await freePort()
  await using program = startProgram(display as string, ['-a', driver as string, `--port=${port}`], {
    env: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' },
  })
  const call = async (path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { value } = (await response.json()) as { value: unknown }
    if (!response.ok) throw new Error(`WebKitWebDriver: ${JSON.stringify(value)} ${program.output}`)
    return value
  }
  await vi.waitFor(() => call('/status'), { timeout: 20_000, interval: 100 })
  const { sessionId } = (await call('/session', { capabilities: {} })) as { sessionId: string }
  await call(`/session/${sessionId}/url`, { url })
  return await vi.waitFor(
    async () => {
      const result = await call(`/session/${sessionId}/execute/sync`, { script, args: [] })
      if (typeof result !== 'string') throw new Error('The page is not done yet')
      return result
    },
    { timeout: 90_000, interval: 200 },
  )
}

describe.skipIf(!driver || !display)('WebKit', () => {
  let results: Record<string, PageResult>
  const closing: (() => unknown)[] = []
  beforeAll(async () => {
    const scripts = await startScriptServer()
    const { server, url } = await servePage(scripts.origin)
    closing.push(
      () => scripts.close(),
      () => server.close(),
      () => server.closeAllConnections(),
    )
    results = JSON.parse(await askWebKit(url, 'return window.results ?? null'))
  }, 120_000)
  afterAll(() => Promise.all(closing.map((close) => close())))

  describe.each(['fetch', 'XMLHttpRequest', 'EventSource class', 'native WebKit'] as const)('%s', (name) => {
    it.each(PARSING.filter(({ stream }) => stream.length < 10_000))(
      '$name',
      ({ name: title, events, deviations, inWebKit }) => {
        const deviating = { ...deviations, ...inWebKit }[name as TransportName]
        expect(results[name]?.parsing[title]).toEqual(deviating ?? events)
      },
    )

    it.each(RESPONSES)('$name', ({ name: title, outcome, deviations }) => {
      const expected = deviations?.[name as TransportName] ?? outcome
      const tellsWhy = name === 'fetch' || name === 'XMLHttpRequest'
      const shown = tellsWhy || expected === 'open' ? expected : 'http_status'
      expect(results[name]?.responses[title]).toBe(shown)
    })
  })
})
