import { defineStream, type } from '@sse/contract'

export const orders = defineStream({ path: '/orders', events: { order: type() } })
