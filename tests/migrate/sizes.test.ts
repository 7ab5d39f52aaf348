import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { readPage } from '../readme/code-blocks.ts'

/** What a page downloads for a client, by its name in the table of docs/comparison.md. */
const CLIENTS: Record<string, string> = {
  '`connect`': `export { connect } from '@sse/client'`,
  '`connect` of `@sse/client/native`': `export { connect } from '@sse/client/native'`,
  '`connect` with `xhrTransport`': `export { connect } from '@sse/client'; export { xhrTransport } from '@sse/client/xhr'`,
  '`EventSource` of `@sse/client/event-source`': `export { EventSource } from '@sse/client/event-source'`,
  eventsource: `export { EventSource } from 'eventsource'`,
  'eventsource-client': `export { createEventSource } from 'eventsource-client'`,
  '@microsoft/fetch-event-source': `export { fetchEventSource } from '@microsoft/fetch-event-source'`,
  'event-source-polyfill': `export { EventSourcePolyfill } from 'event-source-polyfill'`,
  'react-native-sse': `export { default } from 'react-native-sse'`,
  'socket.io-client': `export { io } from 'socket.io-client'`,
}

/** Bytes of a client as a bundler makes it for browsers, minified and gzipped. */
async function gzippedBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    conditions: ['@sse/source', 'browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

it('the sizes of the comparison are what a bundler makes of the clients', async () => {
  const rows = [...readPage('docs/comparison.md').matchAll(/^\| (.+?)(?: \d[\d.]*)? \| (\d+\.\d) KB \|$/gm)]
  const written = Object.fromEntries(rows.map(([, name = '', size]) => [name, Number(size)]))
  const measured: Record<string, number> = {}
  for (const [name, contents] of Object.entries(CLIENTS)) {
    measured[name] = Math.round((await gzippedBytes(contents)) / 100) / 10
  }
  expect(Object.keys(written).sort()).toEqual(Object.keys(measured).sort())
  // A small change of a client does not make the page wrong.
  const wrong = Object.entries(measured).filter(
    ([name, kb]) => Math.abs((written[name] ?? 0) - kb) > 0.05 * kb,
  )
  expect(Object.fromEntries(wrong)).toEqual({})
})
