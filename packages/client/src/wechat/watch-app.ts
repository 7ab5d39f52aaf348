import type { PageChanges } from '../connection/page-life-cycle.ts'
import { getWx } from './wx.ts'

/**
 * Watches the mini-program: WeChat ends its requests 5 s after it went to the background.
 *
 * @returns a function that stops watching.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html
 */
export function watchApp(changes: PageChanges): () => void {
  const wx = getWx()
  const hide = () => changes.onFreeze()
  const show = () => changes.onWake()
  const change = ({ isConnected }: { isConnected: boolean }) => isConnected && changes.onOnline()
  wx.onAppHide?.(hide)
  wx.onAppShow?.(show)
  wx.onNetworkStatusChange?.(change)
  return () => {
    wx.offAppHide?.(hide)
    wx.offAppShow?.(show)
    wx.offNetworkStatusChange?.(change)
  }
}
