import { defineProject } from 'vitest/config'
import { resolveSource } from '../vitest.shared.ts'

export default defineProject({
  ...resolveSource,
  test: {
    name: 'tests',
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', 'browser/**', 'package/**', 'runtimes/**'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
