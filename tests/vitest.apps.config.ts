import { defineProject } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

/** Apps that `create-sse` makes from the packed tarballs: built, run and opened in a browser. */
export default defineProject({
  test: {
    ...shared,
    name: 'apps',
    include: ['create/**/*.test.ts'],
    globalSetup: ['support/creator.ts'],
  },
})
