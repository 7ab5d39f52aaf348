import { defineProject } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

/** What runs on the packed tarballs, as an app would install them: nothing here resolves to `src`. */
export default defineProject({
  test: {
    ...shared,
    name: 'packed',
    include: [
      'package/**/*.test.ts',
      'runtimes/**/*.test.ts',
      'frameworks/**/*.test.ts',
      'bundlers/*.test.ts',
    ],
    globalSetup: ['support/packed.ts'],
  },
})
