import { matchPath } from '@sse/contract/protocol'
import type { Endpoint } from './endpoint.ts'
import type { Route } from './exchange.ts'
import { methodReply, notFoundReply } from './reply.ts'

/** `exact`: the pathname is the contract's path. `tail`: the contract's path ends it, under any prefix. */
export type PathMatch = 'exact' | 'tail'

/**
 * Finds what a request's method and pathname lead to.
 *
 * A stream with a source takes every method. A hub's stream takes GET and HEAD, its path and `/ack` takes POST; other
 * methods lead to 405.
 *
 * @returns `undefined` for any other path.
 */
export function findRoute<Native>(
  endpoint: Endpoint<Native>,
  method: string,
  pathname: string,
  match: PathMatch = 'tail',
): Route<Native> | undefined {
  const { contract } = endpoint
  if (!contract) return { answer: endpoint.stream, params: {} }
  const params = matchStream(contract.path, pathname, match)
  if (!endpoint.isHub) return params && { answer: endpoint.stream, params }
  const ackParams = matchStream(`${contract.path === '/' ? '' : contract.path}/ack`, pathname, match)
  if (ackParams && method === 'POST') return { answer: endpoint.acknowledge, params: ackParams }
  if (params && (method === 'GET' || method === 'HEAD')) return { answer: endpoint.stream, params }
  if (ackParams) return { answer: endpoint.refuse(methodReply('POST')), params: ackParams }
  return params && { answer: endpoint.refuse(methodReply('GET, HEAD')), params }
}

/** What a path that is no stream leads to, where nothing else can answer. */
export function notFound<Native>(endpoint: Endpoint<Native>): Route<Native> {
  return { answer: endpoint.refuse(notFoundReply(endpoint.contract)), params: {} }
}

function matchStream(path: string, pathname: string, match: PathMatch): Record<string, string> | undefined {
  if (match === 'exact' && countSegments(path) !== countSegments(pathname)) return undefined
  return matchPath(path, pathname)
}

function countSegments(path: string): number {
  return path.split('/').filter((segment) => segment !== '').length
}
