import { defineProject } from 'vitest/config'
import { resolveSource, shared, waiting } from '../vitest.shared.ts'

export default defineProject({
  ...resolveSource,
  test: {
    ...shared,
    ...waiting,
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
