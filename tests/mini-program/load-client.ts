import { createContext, Script } from 'node:vm'
import type { connect, wechatTransport } from '@sse/client/wechat'
import type * as contract from '@sse/contract'
import { build } from 'esbuild'
import type { FakeWx } from './fake-wx.ts'

export interface MiniProgramClient extends Pick<typeof contract, 'defineStream' | 'type'> {
  connect: typeof connect
  wechatTransport: typeof wechatTransport
}

const { outputFiles } = await build({
  stdin: {
    contents: "export * from '@sse/client/wechat'; export { defineStream, type } from '@sse/contract'",
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'client',
  target: 'es2022',
  conditions: ['@sse/source'],
})
const script = new Script(`(function (wx) { ${outputFiles[0]?.text}; return client })`)

/**
 * Loads the client in a realm that has the language and timers alone, as a mini-program: no `URL`, `fetch`,
 * `TextDecoder`, `AbortController`, `ReadableStream`, `queueMicrotask` or `location`. `wx` is in scope, and no global.
 */
export function loadClient(wx: FakeWx): MiniProgramClient {
  const realm = createContext({ setTimeout, clearTimeout, console })
  return script.runInContext(realm)(wx)
}
