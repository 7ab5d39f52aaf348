import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createContext, Script } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { startProgram } from '@sse/test-support/program'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'
import { linkPackages } from '../support/link.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const GUIDE = new URL('../../docs/operations/in-your-stack.md', import.meta.url)
const PAGES = ['vite', 'webpack', 'rspack', 'rollup', 'parcel', 'esbuild'] as const
const COPIED = ['@sse', 'eventsource-parser']
const LINKED = ['react', 'react-dom', '@babel/runtime']
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html' }
const path = requireBrowser('chromium')

let folder: string
let server: Server
let browser: Browser
let origin: string

/** Builds the app in `dist/NAME` of the folder. */
async function build(name: string): Promise<void> {
  const env = { NODE_ENV: 'production' }
  const program = startProgram(process.execPath, [join(HERE, 'build.mjs'), name], { cwd: folder, env })
  expect(await program.exited, program.output).toBe(0)
}

/** The JavaScript of a built page. */
const scriptOf = (name: string): string =>
  globSync('**/*.js', { cwd: join(folder, 'dist', name) })
    .map((file) => readFileSync(join(folder, 'dist', name, file), 'utf8'))
    .join('\n')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sse-bundlers-'))
  // Copied: they import the React that is linked beside them, and not another one beside the installed packages.
  for (const name of COPIED) {
    const path = join('node_modules', name)
    cpSync(join(inject('installed'), path), join(folder, path), { recursive: true })
  }
  linkPackages(folder, LINKED, 'bundlers')
  cpSync(join(HERE, 'app'), folder, { recursive: true })
  const at = (name: string) => pathToFileURL(join(folder, 'node_modules', name)).href
  const { sse } = await import(at('@sse/server/dist/node/node.js'))
  const { defineStream, type } = await import(at('@sse/contract/dist/index.js'))
  const orders = defineStream({ path: '/orders', events: { order: type() } })
  const streams: RequestListener = sse(
    orders,
    async function* ({
      event,
      signal,
    }: {
      event: (name: string, payload: unknown) => unknown
      signal: AbortSignal
    }) {
      for (let number = 1; number <= 3; number += 1) yield event('order', number)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  )
  server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    if (pathname === '/orders') return streams(req, res)
    const file = join(folder, 'dist', normalize(pathname))
    try {
      res.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(readFileSync(file))
    } catch {
      // Bundlers without a page of their own: their script is the only one.
      const name = pathname.split('/')[1] ?? ''
      const [script] = globSync('*.js', { cwd: join(folder, 'dist', name) })
      const body = `<p id="client"></p><div id="app"></div><script type="module" src="./${script}"></script>`
      res.setHeader('content-type', 'text/html').end(`<!doctype html><meta charset="utf-8">${body}`)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [launched] = await Promise.all([
    path ? launch('chromium', path) : undefined,
    ...[...PAGES, 'bare', 'metro'].map(build),
  ])
  if (launched) browser = launched
}, 240_000)

afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(PAGES)('%s, for production', (name) => {
  it.skipIf(!path)('builds a page whose client and whose hook receive events', async () => {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${origin}/${name}/index.html`)
    await expect.poll(() => page.textContent('#client')).toBe('1;2;3;')
    await expect.poll(() => page.textContent('#hook')).toBe('1;2;3;')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('leaves the devtools out, and what they stand on', () => {
    expect(scriptOf(name)).toContain('text/event-stream')
    expect(scriptOf(name)).not.toMatch(/sse-devtools|attachShadow/)
  })
})

it('Metro builds the client, the XHR transport and a hook, which run without a page', async () => {
  const code = readFileSync(join(folder, 'dist/metro/bundle.js'), 'utf8')
  expect(code).not.toMatch(/sse-devtools|attachShadow/)
  const globals = {
    setTimeout,
    clearTimeout,
    console,
    URL,
    TextDecoder,
    TextEncoder,
    AbortController,
    ReadableStream,
  }
  const realm = createContext(globals)
  new Script(code).runInContext(realm)
  const { received, imported } = realm.run(origin, fetch)
  expect({ received: await received, imported: [...imported] }).toEqual({
    received: 1,
    imported: ['function', 'function'],
  })
})

it('docs/operations/in-your-stack.md has the sizes of the pages, within 3 %', () => {
  const kilobytes = (name: string) => gzipSync(scriptOf(name)).length / 1_000
  const bare = kilobytes('bare')
  const row = (name: string, size: number) =>
    `| ${name} | ${size.toFixed(1)} KB | ${(size - bare).toFixed(1)} KB |`
  const table = PAGES.map((name) => row(name, kilobytes(name))).join('\n')
  const guide = readFileSync(GUIDE, 'utf8')
  const shown = PAGES.map((name) => Number(new RegExp(`\\| ${name} \\| ([\\d.]+) KB`).exec(guide)?.[1]))
  const isClose = PAGES.every((name, at) => Math.abs((shown[at] ?? 0) / kilobytes(name) - 1) < 0.03)
  expect(
    isClose,
    `The page shows other sizes. Now they are, beside React's ${bare.toFixed(1)} KB:\n${table}`,
  ).toBe(true)
})
