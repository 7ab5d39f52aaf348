import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startProgram } from '@sse/test-support/program'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { launch, requireBrowser } from '../lead-desk/browser.ts'
import { withPackages } from '../support/link.ts'

const apps = [
  ['react', "import plugin from '@vitejs/plugin-react'", ['react', 'react-dom', '@vitejs/plugin-react']],
  ['vue', "import plugin from '@vitejs/plugin-vue'", ['vue', '@vitejs/plugin-vue']],
  [
    'svelte',
    "import { svelte as plugin } from '@sveltejs/vite-plugin-svelte'",
    ['svelte', '@sveltejs/vite-plugin-svelte'],
  ],
  ['solid', "import plugin from 'vite-plugin-solid'", ['solid-js', 'vite-plugin-solid']],
] as const

const path = requireBrowser('chromium')

describe('an app with the packages installed, built by Vite', () => {
  let browser: Browser
  let folder: string
  let streams: RequestListener

  beforeAll(async () => {
    if (path) browser = await launch('chromium', path)
    folder = withPackages(inject('installed'), ['vite', ...apps.flatMap(([, , names]) => names)])
    // The server too is the installed one.
    const at = (name: string) => pathToFileURL(join(folder, 'node_modules', name)).href
    const { sse } = await import(at('@sse/server/dist/node/node.js'))
    const { defineStream, type } = await import(at('@sse/contract/dist/index.js'))
    const orders = defineStream({ path: '/orders', events: { order: type(), revenue: type() } })
    streams = sse(
      orders,
      async function* ({
        event,
        signal,
      }: {
        event: (name: string, payload: unknown, options?: { id: string }) => unknown
        signal: AbortSignal
      }) {
        for (let number = 1; number <= 3; number += 1)
          yield event('order', { number, item: 'Tea', price: 2 }, { id: `${number}` })
        yield event('revenue', 6)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    )
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.skipIf(!path).each(apps)(
    '%s: builds, and shows what a server streams',
    { timeout: 90_000 },
    async (name, plugin) => {
      const app = join(folder, name)
      const example = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
      mkdirSync(app)
      cpSync(join(example, 'src'), join(app, 'src'), { recursive: true })
      cpSync(join(example, 'index.html'), join(app, 'index.html'))
      writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
      writeFileSync(
        join(app, 'vite.config.js'),
        `${plugin}\n// React's renderer is linked, and would bring its own React.\nexport default { plugins: [plugin()], resolve: { dedupe: ['react'] } }\n`,
      )
      const build = startProgram(process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build'], {
        cwd: app,
      })
      expect(await build.exited, build.output).toBe(0)

      const assets = readdirSync(join(app, 'dist/assets'))
      const server = createServer((req, res) => {
        const asset = assets.find((file) => req.url === `/assets/${file}`)
        if (req.url === '/orders') return streams(req, res)
        if (!asset)
          return res.setHeader('content-type', 'text/html').end(readFileSync(join(app, 'dist/index.html')))
        const kind = asset.endsWith('.css') ? 'text/css' : 'text/javascript'
        return res.setHeader('content-type', kind).end(readFileSync(join(app, 'dist/assets', asset)))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      await expect.poll(() => page.textContent('#revenue'), { timeout: 10_000 }).toBe('€6.00')
      expect(await page.textContent('#count')).toBe('3')
      expect(await page.locator('li').count()).toBe(3)
      expect((await page.textContent('.status'))?.trim()).toBe('open')
      expect(complaints).toEqual([])
      await page.context().close()
      server.closeAllConnections()
      server.close()
    },
  )
})
