import { defineProject } from 'vitest/config'
import { parallel, shared } from '../vitest.shared.ts'

/** Apps that `create-sse` makes from the packed tarballs: built, run and opened in a browser. */
export default defineProject({
  test: {
    ...shared,
    ...parallel.apps,
    name: 'apps',
    include: ['create/**/*.test.ts'],
    globalSetup: ['support/creator.ts'],
  },
})
