import { defineConfig } from 'vitest/config'
import { browsers } from './vitest.shared.ts'

export default defineConfig({
  test: {
    // On a machine without browsers there is nothing to run.
    passWithNoTests: !browsers.chromium && !browsers.firefox,
    projects: ['tests/vitest.browser.config.ts', 'tests/vitest.browser-react18.config.ts'],
  },
})
