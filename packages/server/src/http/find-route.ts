import { matchPath } from '@sse/contract/protocol'
import type { Endpoint } from './endpoint.ts'
import type { Route } from './exchange.ts'
import { methodReply, notFoundReply } from './reply.ts'

/** `exact`: the pathname is the contract's path. `tail`: the contract's path ends it, under any prefix. */
export type PathMatch = 'exact' | 'tail'

/**
 * Finds what a request's method and pathname lead to.
 *
 * A stream with a source takes every method. A mount takes the methods of its routes; others lead to 405.
 *
 * @returns `undefined` for any other path.
 */
export function findRoute<Native>(
  endpoint: Endpoint<Native>,
  method: string,
  pathname: string,
  match: PathMatch = 'tail',
): Route<Native> | undefined {
  const { contract, routes, stream } = endpoint
  if (!contract) return { answer: stream, params: {} }
  if (routes.length === 0) {
    const params = matchStream(contract.path, pathname, match)
    return params && { answer: stream, params }
  }
  let refused: Route<Native> | undefined
  for (const { path, methods, answer } of routes) {
    const params = matchStream(path, pathname, match)
    if (!params) continue
    if (methods.some((taken) => taken === method)) return { answer, params }
    refused ??= { answer: endpoint.refuse(methodReply(methodsOf(endpoint, path).join(', '))), params }
  }
  return refused
}

/** Returns the methods of a mount's path. */
function methodsOf<Native>({ routes }: Endpoint<Native>, path: string): string[] {
  return routes.flatMap((route) => (route.path === path ? route.methods : []))
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
