import { getWx } from './wx.ts'

/** As much of `fetch` as acknowledgements and `stop` need, over `wx.request`. */
export const wechatFetch: typeof fetch = (async (url: string, init: RequestInit) => {
  const {
    method = 'GET',
    headers,
    body,
    signal,
  } = init as RequestInit & {
    headers: Record<string, string>
    body?: string
  }
  return new Promise((resolve, reject) => {
    const task = getWx().request({
      url,
      method,
      header: headers,
      ...(body !== undefined && { data: body }),
      dataType: 'text',
      responseType: 'text',
      success: ({ statusCode, data }) =>
        resolve({ status: statusCode, text: async () => String(data ?? '') }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
    signal?.addEventListener('abort', () => task.abort())
  })
}) as unknown as typeof fetch
