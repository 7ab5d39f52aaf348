import { defineConfig } from 'vitest/config'
import { resolveSource, shared } from './vitest.shared.ts'

// Attacks on a server process. Run on demand: `pnpm hostile`. Not every limit it asserts is kept yet, so it is not
// part of `npm test`; see docs/internals/decisions.md.
export default defineConfig({
  ...resolveSource,
  test: { ...shared, name: 'hostile', root: 'tests', include: ['hostile/**/*.test.ts'] },
})
