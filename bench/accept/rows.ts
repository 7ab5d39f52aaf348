/** A server that opens a stream for everyone who asks for `GET /leads/7`. */
export interface Acceptor {
  port: number
  /** Number of open connections, as the server's own bookkeeping has it. */
  open(): number
}

/** What a row's file exports. */
export type StartAcceptor = () => Promise<Acceptor>

export const ROW_NAMES = ['bare', 'hub', 'hub-user', 'better-sse'] as const
export type RowName = (typeof ROW_NAMES)[number]

/** Sent by the clients with a number behind it, one user each. Checked by every row. */
export const TOKEN = 'token-of-'
export const CHANNEL = 'owner:7'
