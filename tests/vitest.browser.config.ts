import { existsSync } from 'node:fs'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import solid from 'vite-plugin-solid'
import { defineProject } from 'vitest/config'
import { browsers, resolveSource, shared } from '../vitest.shared.ts'

const { chromium, firefox } = browsers
const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const instances = [
  ...(chromium
    ? [
        {
          browser: 'chromium' as const,
          provider: playwright({ launchOptions: { executablePath: chromium, args: chromiumArgs } }),
        },
      ]
    : []),
  ...(firefox
    ? [
        {
          browser: 'firefox' as const,
          // Only this channel drives the browser Debian ships.
          provider: playwright({ launchOptions: { channel: 'moz-firefox', executablePath: firefox } }),
        },
      ]
    : []),
]

// What it compiles, without how it would have everything resolved.
const compileSolid = { ...solid(), config: undefined, configEnvironment: undefined }

const missing = Object.entries(browsers).flatMap(([name, path]) => (path ? [] : [name]))
if (missing.length > 0) {
  const message = `tests in ${missing.join(' and ')}: not found (set CHROMIUM_PATH, FIREFOX_PATH)`
  if (process.env.CI) throw new Error(message)
  console.warn(`\nSKIPPED ${message}\n`)
}

export default defineProject({
  ...resolveSource,
  plugins: [svelte({ configFile: false }), compileSolid],
  test: {
    name: 'browser',
    // Without any browser the project stays, empty, so that a laptop can run everything else.
    include: instances.length > 0 ? ['browser/**/*.test.{ts,tsx}'] : [],
    globalSetup: existsSync(new URL('./browser/global-setup.ts', import.meta.url))
      ? ['browser/global-setup.ts']
      : [],
    testTimeout: shared.testTimeout,
    browser: {
      enabled: instances.length > 0,
      headless: true,
      screenshotFailures: false,
      provider: playwright(),
      instances,
    },
  },
})
