import { readArguments } from './arguments.ts'
import { Endpoint } from './endpoint.ts'
import type { Sse } from './sse.ts'

/** The translation between one framework and the endpoints of streams. */
export interface Adapter<Native, Handler, Mount> {
  /** Makes the handler of a stream with a source: the app's router chooses the path. */
  handle(endpoint: Endpoint<Native>): Handler
  /** Makes what answers the routes of a hub or of runs: it recognises the paths itself. */
  mount(endpoint: Endpoint<Native>): Mount
}

/** Makes the function `sse` of a framework. */
export function defineAdapter<Native, Handler, Mount = Handler>(
  adapter: Adapter<Native, Handler, Mount>,
): Sse<Native, Handler, Mount> {
  return ((...given: unknown[]) => {
    const endpoint = new Endpoint<Native>(readArguments(given))
    return endpoint.routes.length > 0 ? adapter.mount(endpoint) : adapter.handle(endpoint)
  }) as Sse<Native, Handler, Mount>
}
