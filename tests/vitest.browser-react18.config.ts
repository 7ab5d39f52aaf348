import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import browser from './vitest.browser.config.ts'

const installed = (name: string) => fileURLToPath(new URL(`./node_modules/${name}`, import.meta.url))

/** The hooks' tests once more, on React 18. */
const project = mergeConfig(browser, {
  resolve: {
    alias: [
      { find: /^react-dom(?=\/|$)/, replacement: installed('react-dom18') },
      { find: /^react(?=\/|$)/, replacement: installed('react18') },
    ],
  },
  cacheDir: 'node_modules/.vite-react18',
  test: { name: 'browser-react18' },
})
project.test.include = project.test.include.length > 0 ? ['browser/react.test.ts'] : []
export default project
