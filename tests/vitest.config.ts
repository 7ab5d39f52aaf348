import { defineProject } from 'vitest/config'
import { resolveSource, shared } from '../vitest.shared.ts'

export default defineProject({
  ...resolveSource,
  test: {
    ...shared,
    name: 'tests',
    include: ['**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      'browser/**',
      // It measures delays, and runs alone.
      'hostile/attacks.test.ts',
      'package/**',
      'runtimes/**',
      'frameworks/**',
      'create/**',
      'bundlers/**',
    ],
  },
})
