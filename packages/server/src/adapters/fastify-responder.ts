import { besideSet, type LateAnswer, type Responder, writeHead } from '../node/responder.ts'
import type { NodeResponse } from '../node/serve-node.ts'
import { TakeoverBody } from '../node/takeover-body.ts'

/** The part of Fastify's reply that a stream uses. */
export interface FastifyReplyLike {
  readonly raw: NodeResponse
  code(status: number): unknown
  header(name: string, value: string): unknown
  getHeader(name: string): unknown
  send(payload: unknown): unknown
}

function takeOver(
  raw: NodeResponse,
  headers: Readonly<Record<string, string>>,
  start: () => void,
  answer: LateAnswer | undefined,
): void {
  if (!answer) {
    writeHead(raw, raw.statusCode)
    return start()
  }
  // `vary` may name headers of the app.
  for (const name of Object.keys(headers)) if (name !== 'vary') raw.removeHeader(name)
  writeHead(raw, answer.status, answer.headers)
  raw.end(answer.body)
}

/** Sends with Fastify's reply: its `onSend` hooks run, which set the cookies and headers of plugins. */
export function fastifyResponder(reply: FastifyReplyLike): Responder {
  const begin = (status: number, headers: Readonly<Record<string, string>>) => {
    reply.code(status)
    for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  }
  return {
    send(status, headers, body) {
      begin(status, headers)
      reply.send(body === '' ? undefined : body)
    },
    stream(status, headers, start, late) {
      begin(
        status,
        besideSet(headers, (name) => reply.getHeader(name)),
      )
      reply.send(
        new TakeoverBody(() => {
          try {
            takeOver(reply.raw, headers, start, late())
          } catch (error) {
            // A hook has written the head already, and Fastify catches nothing here.
            console.error(error)
            reply.raw.destroy()
          }
        }),
      )
    },
  }
}
