import type { connect, wechatTransport } from '@sse/client/wechat'
import type * as contract from '@sse/contract'
import type { FakeWx } from './fake-wx.ts'
import { bundleClient, runInRealm } from './realm.ts'

export interface MiniProgramClient extends Pick<typeof contract, 'defineStream' | 'type'> {
  connect: typeof connect
  wechatTransport: typeof wechatTransport
}

const client = await bundleClient(
  "export * from '@sse/client/wechat'; export { defineStream, type } from '@sse/contract'",
)

/**
 * Loads the client in a realm that has the language and timers alone, as a mini-program: no `URL`, `fetch`,
 * `TextDecoder`, `AbortController`, `ReadableStream`, `queueMicrotask` or `location`. `wx` is in scope, and no global.
 */
export function loadClient(wx: FakeWx | undefined): MiniProgramClient {
  const load = runInRealm({}, `(function (wx) { ${client}; return client })`)
  return (load as (wx: FakeWx | undefined) => MiniProgramClient)(wx)
}
