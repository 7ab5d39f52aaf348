import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { resolveSource, shared } from './vitest.shared.ts'
import { SlowFirst } from './vitest.slow-first.ts'

/** The tests beside a package's sources, run as the project of the folder's name. */
const unit = (name: string) => ({
  ...resolveSource,
  test: {
    ...shared,
    name,
    root: `packages/${name}`,
    include: ['src/**/*.test.ts'],
    typecheck: { enabled: true, include: ['src/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
  },
})

// Tests inside browsers are configured by `vitest.browser.config.ts`, because loading their plugins takes longer
// than most test files run.
export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    projects: [
      ...readdirSync('packages').map(unit),
      { test: { ...shared, name: 'scripts', root: 'scripts', include: ['**/*.test.mjs'] } },
      'tests/vitest.config.ts',
      'tests/vitest.packed.config.ts',
      'tests/vitest.apps.config.ts',
    ],
  },
})
