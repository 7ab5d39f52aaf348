import { existsSync } from 'node:fs'

/** Lets tests import `@sse/*` by name and get `src`: no build comes before a test. */
export const resolveSource = {
  resolve: { conditions: ['@sse/source', 'module', 'browser', 'development|production'] },
  ssr: {
    resolve: {
      conditions: ['@sse/source', 'module', 'node', 'development|production'],
      externalConditions: ['@sse/source', 'node'],
    },
  },
}

const paths = {
  chromium: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
}

/** Where the machine's own browsers are; undefined for one that is missing. */
export const browsers = {
  chromium: existsSync(paths.chromium) ? paths.chromium : undefined,
  firefox: existsSync(paths.firefox) ? paths.firefox : undefined,
}
