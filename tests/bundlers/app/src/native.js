// What a React Native app would run, without its views.
import '@sse/devtools/mount'
import { connect } from '@sse/client'
import { xhrTransport } from '@sse/client/xhr'
import { useLatest, useStream } from '@sse/react'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server.edge'
import { orders } from './orders.js'

function Latest() {
  return `latest: ${useLatest(useStream(orders, { baseUrl: 'http://unused.example' }), 'order') ?? 'none'}`
}

globalThis.run = (baseUrl, fetch) => {
  const feed = connect(orders, { baseUrl, fetch })
  const received = new Promise((resolve) => feed.on('order', resolve)).finally(() => feed.close())
  return { received, rendered: renderToString(createElement(Latest)), xhr: typeof xhrTransport }
}
