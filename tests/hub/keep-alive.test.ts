import { readFileSync } from 'node:fs'
import { until } from '@sse/test-support/until'
import { describe, expect, it } from 'vitest'
import { engines, startEngine } from '../fleet/engines/start-engine.ts'
import { openEngine } from './open-engine.ts'

/** `tr` of `/proc/net/tcp` for a connection that the system checks. */
const KEEP_ALIVE = '02'
/** `tm->when` counts hundredths of a second. */
const MAX_TICKS = 1_000

/** The timers of connections of this machine to a port: kind, and time that is left. */
function timersTo(port: number): [kind: string, ticks: number][] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote?.endsWith(`:${hex}`) && state === '01')
  return rows.map((row) => {
    const [kind = '', when = ''] = row[5]?.split(':') ?? []
    return [kind, Number.parseInt(when, 16)]
  })
}

// NATS pings instead: its client library opens the socket.
const checked = engines.filter((name) => name === 'redis' || name === 'postgres')

describe.skipIf(process.platform !== 'linux')('a quiet connection to a server', () => {
  it.each(checked)(
    'is checked by the system within 10 seconds: %s',
    async (name) => {
      await using engine = await startEngine(name, false)
      const { port } = engine.server as NonNullable<typeof engine.server>
      const own = openEngine(name, engine.url)
      await own.append([{ channel: 'a', event: 'n', data: '1' }])
      const timers = await until(() => {
        const found = timersTo(port)
        return found.length > 0 && found.every(([kind]) => kind === KEEP_ALIVE) && found
      }, 'the system waits to check')
      for (const [, ticks] of timers) expect(ticks).toBeLessThanOrEqual(MAX_TICKS)
      await own.close()
    },
    60_000,
  )
})
