import type { Connection } from '../stream/connection.ts'
import type { BodySource } from './body.ts'
import type { Reply } from './reply.ts'

/** A request, as a bridge to a platform describes it. */
export interface HttpRequest<Native> {
  readonly method: string
  /** The `Last-Event-ID` header, decoded but not checked; `undefined` without one. */
  readonly header: string | undefined
  /** The `lastEventId` query parameter, decoded but not checked; `undefined` without one. */
  readonly query: string | undefined
  /** Returns a header by its name in lower case; `undefined` without one. */
  readonly readHeader: (name: string) => string | undefined
  readonly body: BodySource
  readonly params: Readonly<Record<string, string | undefined>>
  /** The framework's own objects. They become part of the context. */
  readonly native: Native
  /**
   * Waits until the response can be written; `undefined` if it already can. Rejects with `stalled` after `timeoutMs`.
   * Default: the platform does not tell.
   */
  readonly whenWritable?: (timeoutMs: number) => Promise<void> | undefined
}

/** A request being answered. `connection` must be told when the client leaves; `reply` never rejects. */
export interface Exchange {
  readonly connection: Connection
  readonly reply: Promise<Reply>
}

/** Answers requests: what adapters hand to a bridge. */
export type Answer<Native> = (request: HttpRequest<Native>) => Exchange

/** What a path leads to: the answer, and the parameters in the path. */
export interface Route<Native> {
  readonly answer: Answer<Native>
  readonly params: Readonly<Record<string, string>>
}

/** One path of a mount. */
export interface MountedRoute<Native> {
  /** Path pattern, such as `/leads/:owner/ack`. */
  readonly path: string
  /** The same, split. */
  readonly segments: readonly string[]
  readonly methods: readonly ('GET' | 'HEAD' | 'POST')[]
  readonly answer: Answer<Native>
}
