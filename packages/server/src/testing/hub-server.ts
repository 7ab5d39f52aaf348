import { createServer, type RequestListener } from 'node:http'
import { afterEach } from 'vitest'
import type { StreamContext, StreamOptions } from '../arguments.ts'
import type { HubOptions } from '../index.ts'
import { createHub, type Hub } from '../index.ts'
import { type NodeNative, sse } from '../node.ts'
import { listen, stream } from './adapter-servers.ts'
import { scoped } from './server-scope.ts'
import { StreamReader } from './stream-reader.ts'

export type TestHub = Hub<typeof stream>

const hubs: TestHub[] = []
const readers: StreamReader[] = []

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  await Promise.all(hubs.splice(0).map((hub) => hub.close()))
})

/** A hub that is closed when the test ends; what fails in the background is thrown where nobody catches it. */
export function testHub(options: HubOptions = {}): TestHub {
  const hub = createHub(stream, {
    onError: (error) => {
      throw error
    },
    ...options,
  })
  hubs.push(hub)
  return hub
}

/** Reads until the test ends. */
export async function read(url: string, lastEventId?: string): Promise<StreamReader> {
  const reader = await StreamReader.open(url, lastEventId)
  readers.push(reader)
  return reader
}

/** The same, from where the hub says that the connection stands. */
export async function readOpen(url: string, lastEventId?: string): Promise<StreamReader> {
  const reader = await read(url, lastEventId)
  await reader.message('sse.open')
  return reader
}

/** Serves `/leads/:owner`: the owner's channel and `everyone`. */
export function serveHub(
  hub: TestHub,
  options?: StreamOptions<StreamContext<typeof stream> & NodeNative>,
  wrap: (listener: RequestListener) => RequestListener = (listener) => listener,
) {
  const handler = sse(
    stream,
    ({ params, lastEventId }) =>
      hub.subscribe([params.owner, 'everyone'], { after: lastEventId, identity: params.owner }),
    options,
  )
  return scoped(listen(createServer(wrap(handler))))
}
