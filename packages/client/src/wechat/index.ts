import { type Connect, connectWith } from '../feed/connect.ts'
import { watchApp } from './watch-app.ts'
import { wechatFetch } from './wechat-fetch.ts'
import { wechatTransport } from './wechat-transport.ts'

/**
 * `connect` of `@sse/client` in a WeChat mini-program, with base library 2.20.2 or later. Needs none of `URL`, `fetch`,
 * `TextDecoder`, `AbortController` and streams. URLs must be absolute, or paths with a `baseUrl`.
 *
 * The feed pauses while the mini-program is in the background, and resumes when it is shown. Acknowledgements and
 * `stop` go over `wx.request` as well. Tested against an imitation of `wx.request` over HTTP, not on devices.
 *
 * @throws {SseError} `option_invalid`, `param_missing`.
 * @example
 * import { connect } from '@sse/client/wechat'
 * const feed = connect(leads, { baseUrl: 'https://example.com', params: { owner: '42' } })
 */
export const connect: Connect = connectWith(wechatTransport, { watchPage: watchApp, fetch: wechatFetch })

export { wechatTransport } from './wechat-transport.ts'
