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
