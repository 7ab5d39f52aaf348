import type { NodeResponse } from '../node/node.ts'

/** Fastify's reply, as far as it differs from Node's response. */
export interface HijackableReply {
  raw: NodeResponse
  hijack(): unknown
  getHeaders(): Record<string, string | number | string[] | undefined>
}

/**
 * Takes the response from Fastify, with the headers that plugins set: it keeps them apart from Node's until it
 * sends, which it no longer will.
 */
export function hijack(reply: HijackableReply): NodeResponse {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  return reply.raw
}
