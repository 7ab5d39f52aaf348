import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defineProject } from 'vitest/config'
import { resolveSource } from '../vitest.shared.ts'

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const firefox = process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr'
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
  ...(existsSync(chromium)
    ? [
        {
          browser: 'chromium' as const,
          provider: playwright({ launchOptions: { executablePath: chromium, args: chromiumArgs } }),
        },
      ]
    : []),
  ...(existsSync(firefox)
    ? [
        {
          browser: 'firefox' as const,
          // Only this channel drives the browser Debian ships.
          provider: playwright({ launchOptions: { channel: 'moz-firefox', executablePath: firefox } }),
        },
      ]
    : []),
]

const missing = [...(existsSync(chromium) ? [] : [chromium]), ...(existsSync(firefox) ? [] : [firefox])]
if (missing.length > 0) {
  const message = `browser tests: ${missing.join(' and ')} not found (set CHROMIUM_PATH, FIREFOX_PATH)`
  if (process.env.CI) throw new Error(message)
  console.warn(`SKIPPED ${message}`)
}

export default defineProject({
  ...resolveSource,
  test: {
    name: 'browser',
    // Without a browser the project stays, empty, so that a laptop can run everything else.
    include: instances.length > 0 ? ['browser/**/*.test.ts'] : [],
    ...(existsSync(new URL('./browser/global-setup.ts', import.meta.url))
      ? { globalSetup: ['browser/global-setup.ts'] }
      : {}),
    testTimeout: 20_000,
    browser: {
      enabled: instances.length > 0,
      headless: true,
      screenshotFailures: false,
      provider: playwright(),
      instances,
    },
  },
})
