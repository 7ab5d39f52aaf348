import type { Role } from '../common/plot.ts'
import type { Row } from './row.ts'

interface RowOf {
  role: Role
  packages: readonly string[]
  /** Whether its bytes can come from memory: it takes a `fetch`, or uses the global one. */
  takesFetch: boolean
  load: () => Promise<{ run: Row }>
}

export const ROWS = {
  plain: {
    role: 'floor',
    packages: ['eventsource-parser'],
    takesFetch: true,
    load: () => import('./rows/plain.ts'),
  },
  sse: { role: 'ours', packages: [], takesFetch: true, load: () => import('./rows/sse.ts') },
  eventsource: {
    role: 'peer',
    packages: ['eventsource'],
    takesFetch: true,
    load: () => import('./rows/eventsource.ts'),
  },
  'es-client': {
    role: 'peer',
    packages: ['eventsource-client'],
    takesFetch: true,
    load: () => import('./rows/eventsource-client.ts'),
  },
  'fetch-es': {
    role: 'peer',
    packages: ['@microsoft/fetch-event-source'],
    takesFetch: true,
    load: () => import('./rows/fetch-event-source.ts'),
  },
  'fetch-stream': {
    role: 'peer',
    packages: ['fetch-event-stream'],
    takesFetch: true,
    load: () => import('./rows/fetch-event-stream.ts'),
  },
  'extended-es': {
    role: 'peer',
    packages: ['extended-eventsource'],
    takesFetch: true,
    load: () => import('./rows/extended.ts'),
  },
  polyfill: {
    role: 'peer',
    packages: ['event-source-polyfill'],
    takesFetch: false,
    load: () => import('./rows/polyfill.ts'),
  },
  undici: { role: 'peer', packages: ['undici'], takesFetch: false, load: () => import('./rows/undici.ts') },
  launchdarkly: {
    role: 'peer',
    packages: ['launchdarkly-eventsource'],
    takesFetch: false,
    load: () => import('./rows/launchdarkly.ts'),
  },
} satisfies Record<string, RowOf>

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]
