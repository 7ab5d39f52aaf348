import type { Attributes } from '@opentelemetry/api'
import type { ObservedConnection } from '@sse/server'
import { BoundedValues } from './bounded-values.ts'

/** Different routes, at most: an app that makes contracts at run time does not make time series without end. */
const MAX_ROUTES = 200

/** The open connections of one route. */
export interface OpenConnections {
  readonly attributes: Attributes
  readonly open: Set<ObservedConnection>
  /** Bytes of the connections that are closed. */
  closedBytes: number
}

/** What is open and what was sent, by route. */
export class StreamTotals {
  readonly #routes = new Map<string, OpenConnections>()
  readonly #names = new BoundedValues(MAX_ROUTES)

  of(path: string): OpenConnections {
    const name = this.#names.of(path)
    let route = this.#routes.get(name)
    if (!route) {
      route = { attributes: routeAttributes(name), open: new Set(), closedBytes: 0 }
      this.#routes.set(name, route)
    }
    return route
  }

  values(): Iterable<OpenConnections> {
    return this.#routes.values()
  }
}

export function bytesOf({ open, closedBytes }: OpenConnections): number {
  let bytes = closedBytes
  for (const { sentBytes } of open) bytes += sentBytes
  return bytes
}

/** A stream without a contract has no route. */
export function routeAttributes(path: string): Attributes {
  return path.startsWith('/') || path.startsWith('_') ? { 'http.route': path } : {}
}
