// What a React Native app would import, without its views.
import '@sse/devtools/mount'
import { connect } from '@sse/client'
import { xhrTransport } from '@sse/client/xhr'
import { useStream } from '@sse/react'
import { orders } from './orders.js'

globalThis.run = (baseUrl, fetch) => {
  const feed = connect(orders, { baseUrl, fetch })
  const received = new Promise((resolve) => feed.on('order', resolve)).finally(() => feed.close())
  return { received, imported: [xhrTransport, useStream].map((value) => typeof value) }
}
