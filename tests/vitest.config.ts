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
      'hostile/**',
      'package/**',
      'runtimes/**',
      'frameworks/**',
      'create/**',
      'bundlers/**',
    ],
  },
})
