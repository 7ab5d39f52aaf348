import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Lets tests import `@sse/*` by name and get `src`, so that no build is needed before a test. */
export const resolveSource = {
  resolve: { conditions: ['@sse/source', 'module', 'browser', 'development|production'] },
  ssr: {
    resolve: {
      conditions: ['@sse/source', 'module', 'node', 'development|production'],
      externalConditions: ['@sse/source', 'node'],
    },
  },
}

/** Options of every project. Vitest does not pass the root's options on to projects. */
export const shared = {
  maxWorkers: availableParallelism(),
  // A busy machine is slow. No test passes because something was fast.
  testTimeout: 40_000,
  hookTimeout: 60_000,
  // For those that name none: Vitest's is one second.
  expect: { poll: { timeout: 20_000 } },
}

const paths = {
  chromium: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
}

/** Paths of the machine's browsers, `undefined` for one that is missing. */
export const browsers = {
  chromium: existsSync(paths.chromium) ? paths.chromium : undefined,
  firefox: existsSync(paths.firefox) ? paths.firefox : undefined,
}
