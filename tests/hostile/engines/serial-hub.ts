import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHub, type HubOptions } from '@sse/server'
import { sse } from '@sse/server/node'
import { CHANNEL, serials } from './serials.ts'

export type SerialHub = Awaited<ReturnType<typeof startHub>>

/** Longest time that a step of a test may take. What is right takes a few milliseconds. */
export const STEP_MS = 5_000

/** A hub on an engine, and a server of its stream. The ring is small: most history is the engine's. */
export async function startHub(options: HubOptions) {
  const errors: unknown[] = []
  const hub = createHub(serials, {
    ring: { maxEvents: 4 },
    onError: (error) => errors.push(error),
    ...options,
  })
  const handler = sse(serials, ({ lastEventId }) => hub.subscribe(CHANNEL, { after: lastEventId }))
  const server = createServer(handler).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    hub,
    /** Errors reported to `onError`. */
    errors,
    port,
    /** Resolves with what went wrong. */
    publish: async (serial: number): Promise<string | undefined> => {
      const published = hub.publish(CHANNEL, 'n', { serial }).then(
        () => undefined,
        (error) => `Publishing ${serial} was rejected: ${error}`,
      )
      return Promise.race([published, sleep(STEP_MS, `Publishing ${serial} has not settled`)])
    },
    close: async (ms = STEP_MS) => {
      await Promise.race([hub.close().catch(() => {}), sleep(ms)])
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Resolves when it is so, or after a while: with whether it is so. */
export async function until(isSo: () => boolean, ms = STEP_MS): Promise<boolean> {
  for (const deadline = Date.now() + ms; !isSo() && Date.now() < deadline; ) await sleep(5)
  return isSo()
}
