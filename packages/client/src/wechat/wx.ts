import { SseError } from '@sse/contract'

/** The part of WeChat's `wx` that is used here. Optional members came later or are missing on some platforms. */
export interface Wx {
  request(options: WxRequest): WxTask
  onAppShow?(listener: () => void): void
  offAppShow?(listener: () => void): void
  onAppHide?(listener: () => void): void
  offAppHide?(listener: () => void): void
  onNetworkStatusChange?(listener: (status: { isConnected: boolean }) => void): void
  offNetworkStatusChange?(listener: (status: { isConnected: boolean }) => void): void
}

/** @see https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html */
export interface WxRequest {
  url: string
  method: string
  header: Record<string, string>
  data?: string
  /** Any value but `json`, the default, leaves the text as it is. */
  dataType: string
  responseType: 'text' | 'arraybuffer'
  /** Milliseconds; by default 60,000. */
  timeout?: number
  enableChunked?: boolean
  success(response: WxResponse): void
  fail(error: { errMsg?: string }): void
}

export interface WxTask {
  abort(): void
  onHeadersReceived?(listener: (response: Partial<WxResponse>) => void): void
  onChunkReceived?(listener: (chunk: { data: ArrayBuffer | Uint8Array }) => void): void
}

export interface WxResponse {
  statusCode: number
  header: Record<string, unknown>
  data?: unknown
}

declare const wx: Wx | undefined // a name in the scope of a mini-program's files, not always a global

/** @throws {SseError} `option_invalid` outside of a mini-program. */
export function getWx(): Wx {
  if (typeof wx?.request === 'function') return wx
  throw new SseError('option_invalid', 'connect: there is no wx.request here; use another transport')
}
