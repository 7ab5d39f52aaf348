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

/**
 * Options of every project. On two cores, files run one after the other: tests with browsers, or with engines that are
 * killed, fail when several of them compete for the cores. Vitest does not pass the root's options on to projects.
 */
export const shared = {
  maxWorkers: Math.max(1, availableParallelism() - 1),
  // Projects of another number of workers run at another time.
  sequence: { groupOrder: 1 },
  // A busy machine is slow. No test passes because something was fast.
  testTimeout: 40_000,
  hookTimeout: 60_000,
}

/** Options of projects whose tests need nothing but this process and its sockets: they share the cores. */
export const concurrent = { ...shared, maxWorkers: availableParallelism(), sequence: { groupOrder: 0 } }

const paths = {
  chromium: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
}

/** Paths of the machine's browsers, `undefined` for one that is missing. */
export const browsers = {
  chromium: existsSync(paths.chromium) ? paths.chromium : undefined,
  firefox: existsSync(paths.firefox) ? paths.firefox : undefined,
}
