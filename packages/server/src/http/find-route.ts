import { matchSegments, splitPath } from '@sse/contract/protocol'
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
  const { contract, segments, routes, stream } = endpoint
  if (!contract) return { answer: stream, params: {} }
  const given = splitPath(pathname)
  if (routes.length === 0) {
    const params = matchStream(segments, given, match)
    return params && { answer: stream, params }
  }
  let refused: Route<Native> | undefined
  for (const { path, segments: wanted, methods, answer } of routes) {
    const params = matchStream(wanted, given, match)
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

function matchStream(
  wanted: readonly string[],
  given: readonly string[],
  match: PathMatch,
): Record<string, string> | undefined {
  if (match === 'exact' && wanted.length !== given.length) return undefined
  return matchSegments(wanted, given)
}
