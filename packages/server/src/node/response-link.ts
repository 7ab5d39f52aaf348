import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Connection } from '../stream/connection.ts'
import { NodeSink } from './node-sink.ts'

const LINK: unique symbol = Symbol('@sse/link')
type NodeResponse = ServerResponse | Http2ServerResponse
type LinkedResponse = NodeResponse & { [LINK]?: NodeLink }

/** Tells the connection when its response is closed. */
export function linkResponse(res: NodeResponse, connection: Connection): NodeLink {
  const link = new NodeLink(connection)
  ;(res as LinkedResponse)[LINK] = link
  // Of the response, not of the request: that one closes as soon as a POST body is read.
  res.on('close', onClose)
  return link
}

/**
 * What ties a connection to its response. The listeners are the same functions for all: ten thousand idle
 * connections with closures of their own are 3 MB more.
 */
class NodeLink {
  readonly #connection: Connection
  #sink: NodeSink | undefined
  #socket: Socket | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** The head is written: the connection has the body. */
  start(res: NodeResponse): void {
    this.#sink = new NodeSink(res as ServerResponse, this.#connection)
    if (this.#sink.direct) {
      // The response lets go of it before it closes, and the next one uses it.
      this.#socket = res.socket as Socket
      this.#socket.on('drain', onSocketDrain)
    } else res.on('drain', onDrain)
    this.#connection.start(this.#sink)
  }

  drained(): void {
    this.#sink?.drained()
    this.#connection.drained()
  }

  closed(): void {
    this.#socket?.off('drain', onSocketDrain)
    this.#connection.gone()
  }
}

function onClose(this: NodeResponse): void {
  ;(this as LinkedResponse)[LINK]?.closed()
}

function onDrain(this: NodeResponse): void {
  ;(this as LinkedResponse)[LINK]?.drained()
}

function onSocketDrain(this: Socket): void {
  ;(this as { _httpMessage?: LinkedResponse })._httpMessage?.[LINK]?.drained()
}
