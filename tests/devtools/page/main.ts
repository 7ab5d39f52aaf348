import { connect } from '@sse/client'
import { nativeTransport } from '@sse/client/native'
import { tabsTransport } from '@sse/client/tabs'
import { defineStream } from '@sse/contract'
import { mountDevtools } from '@sse/devtools'
import { z } from 'zod'

const orders = defineStream({
  path: '/orders/:shop',
  events: { order: z.object({ id: z.number(), city: z.string() }), stock: z.number() },
})

/** Follows a scripted stream as if it were at `path`. */
function follow(origin: string, path: string, script: string, options: object = {}) {
  return connect(`${origin}${path}`, { ...quiet, fetch: (_, init) => fetch(script, init), ...options })
}

function followOrders(origin: string, script: string, options: object = {}) {
  const feed = connect(orders, {
    ...quiet,
    baseUrl: origin,
    params: { shop: 'lyon' },
    fetch: (_, init) => fetch(script, init),
    ...options,
  })
  feed.on('order', () => {})
  return feed
}

function followNatively(url: string) {
  const feed = connect(url, { transport: nativeTransport, onError() {} })
  feed.on('message', () => {})
  return feed
}

function followShared(url: string) {
  const feed = connect(url, { ...quiet, transport: tabsTransport() })
  feed.on('message', () => {})
}

const quiet = { onError() {}, onInvalid() {} }
const page = { mountDevtools, follow, followOrders, followNatively, followShared }
export type TestPage = typeof page

// With `?late` the panel is mounted after the feeds.
if (location.search === '') await import('@sse/devtools/mount')
Object.assign(globalThis, { page })
