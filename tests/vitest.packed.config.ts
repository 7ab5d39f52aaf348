import { defineProject } from 'vitest/config'

/** What runs on the packed tarballs, as an app would install them: nothing here resolves to `src`. */
export default defineProject({
  test: {
    name: 'packed',
    include: ['package/**/*.test.ts', 'runtimes/**/*.test.ts'],
    globalSetup: ['support/packed.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
