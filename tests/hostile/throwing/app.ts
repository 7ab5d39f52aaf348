import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineStream, type } from '@sse/contract'
import { createHub, type HubOptions } from '@sse/server'
import { sse } from '@sse/server/node'
import type { Misbehave, Way } from './misbehave.ts'

/** Contract whose event `checked` has the app's own schema. */
export function defineBeats(validate: (value: unknown) => unknown) {
  const schema = { '~standard': { version: 1 as const, vendor: 'app', validate: validate as never } }
  return defineStream({
    path: '/beats/:owner',
    heartbeatMs: 20,
    events: { beat: type<{ serial: number }>(), checked: schema },
  })
}

export type Beats = ReturnType<typeof defineBeats>
export type BeatsHub = ReturnType<typeof createHub<Beats>>

/** What a misbehaving part of an app can be attached to. */
export interface App {
  readonly contract: Beats
  readonly hub: BeatsHub
}

/** One function of an app, attached where the library calls it. */
export interface Callback {
  /** Beginning of a sentence that continues with `throws`, `rejects` … */
  readonly name: string
  /** Options of the hub. */
  readonly hub?: (misbehave: Misbehave) => HubOptions
  /** Schema of the event `checked`. */
  readonly validate?: (misbehave: Misbehave) => (value: unknown) => unknown
  /** Serves the misbehaving stream. Default: a subscription like everybody's. */
  readonly handler?: (app: App, misbehave: Misbehave) => RequestListener | Promise<RequestListener>
  /** Called once, while clients are connected. May return a function that undoes it. */
  readonly provoke?: (app: App, misbehave: Misbehave) => unknown
  /** Ways it can fail. Default: all. */
  readonly ways?: readonly Way[] | undefined
  /** What Node itself raises for the app's own function, before the library can know of it. */
  readonly allowed?: RegExp
}

/** Prefix of the misbehaving stream. */
export const ODD = '/odd'
const PUBLISH_MS = 5
const CLOSE_MS = 500

export type RunningApp = Awaited<ReturnType<typeof startApp>>

/** Starts an app: the path `/beats` is well-behaved, `/odd/beats` has the callback. Events are published to both. */
export async function startApp(callback: Callback, misbehave: Misbehave) {
  const contract = defineBeats(callback.validate?.(misbehave) ?? ((value) => ({ value })))
  const hub = createHub(contract, { onError: () => {}, ...callback.hub?.(misbehave) })
  const app: App = { contract, hub }
  const good = sse(contract, ({ lastEventId, params: { owner } }) =>
    hub.subscribe('everyone', { after: lastEventId, identity: owner }),
  )
  const odd = (await callback.handler?.(app, misbehave)) ?? good
  const server = createServer((req, res) => {
    const isOdd = req.url?.startsWith(ODD)
    if (isOdd) req.url = req.url?.slice(ODD.length) // frameworks match the whole path
    const handle = isOdd ? odd : good
    handle(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const resolved: number[] = []
  const rejected: number[] = []
  let serial = 0
  let undo: unknown
  const publishing = setInterval(() => {
    serial += 1
    const own = serial
    const key = own % 2 === 0 ? 'even' : undefined
    hub.publish('everyone', 'beat', { serial: own }, { key }).then(
      () => resolved.push(own),
      () => rejected.push(own),
    )
  }, PUBLISH_MS)
  return {
    port: (server.address() as AddressInfo).port,
    provoke: async () => {
      undo = await callback.provoke?.(app, misbehave)
    },
    /** Serials whose publish has settled. */
    published: async () => {
      clearInterval(publishing)
      await sleep(20)
      return { resolved, rejected, pending: serial - resolved.length - rejected.length }
    },
    close: async () => {
      clearInterval(publishing)
      if (typeof undo === 'function') undo()
      await Promise.race([hub.close().catch(() => {}), sleep(CLOSE_MS)])
      server.close()
      server.closeAllConnections()
    },
  }
}
