import { defineStream, type } from '@sse/contract'

export interface Order {
  number: number
  item: string
  /** Euro. */
  price: number
}

/** What server and page agree on. The page imports it once, outside of components. */
export const orders = defineStream({
  path: '/orders',
  events: { order: type<Order>(), revenue: type<number>() },
})
