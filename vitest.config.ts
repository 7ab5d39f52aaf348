import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { browsers, resolveSource } from './vitest.shared.ts'

/** A machine that is busy takes its time; nothing here is right because it was quick. */
const testTimeout = 20_000

const unit = (name: string) => ({
  ...resolveSource,
  test: {
    name,
    root: `packages/${name}`,
    include: ['src/**/*.test.ts'],
    testTimeout,
    typecheck: { enabled: true, include: ['src/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
})

export default defineConfig({
  test: {
    // Most of a test's time is waiting: for a server to start, a lease to end, a browser. The default is cores less one.
    maxWorkers: Math.max(2, availableParallelism()),
    // The one run that may find nothing is the browsers' on a machine without any.
    passWithNoTests: !browsers.chromium && !browsers.firefox,
    projects: [
      unit('contract'),
      unit('server'),
      unit('client'),
      unit('engine-conformance'),
      unit('sqlite'),
      unit('redis'),
      unit('nats'),
      unit('postgres'),
      unit('react'),
      unit('vue'),
      unit('svelte'),
      unit('solid'),
      unit('devtools'),
      unit('testing'),
      unit('test-support'),
      { test: { name: 'scripts', root: 'scripts', include: ['**/*.test.mjs'], testTimeout } },
      'tests/vitest.config.ts',
      'tests/vitest.packed.config.ts',
      'tests/vitest.browser.config.ts',
      'tests/vitest.browser-react18.config.ts',
    ],
  },
})
