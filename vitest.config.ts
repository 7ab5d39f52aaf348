import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { concurrent, resolveSource, shared } from './vitest.shared.ts'

/** Packages whose tests start servers of other projects, and kill them. */
const ENGINES = ['sqlite', 'redis', 'nats', 'postgres']

/** The tests beside a package's sources, run as the project of the folder's name. */
const unit = (name: string) => ({
  ...resolveSource,
  test: {
    ...(ENGINES.includes(name) ? shared : concurrent),
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
    projects: [
      ...readdirSync('packages').map(unit),
      { test: { ...concurrent, name: 'scripts', root: 'scripts', include: ['**/*.test.mjs'] } },
      'tests/vitest.config.ts',
      'tests/vitest.packed.config.ts',
    ],
  },
})
