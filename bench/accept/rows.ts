/** A server that opens a stream for everyone who asks for `GET /leads/7`. */
export interface Acceptor {
  port: number
  /** Number of open connections, as the server's own bookkeeping has it. */
  open(): number
}

/** What a row's file exports. */
export type StartAcceptor = () => Promise<Acceptor>

export const ROWS = {
  bare: { role: 'floor' },
  hub: { role: 'ours' },
  'hub-user': { role: 'ours' },
  'better-sse': { role: 'peer' },
} as const

export type RowName = keyof typeof ROWS
export const ROW_NAMES = Object.keys(ROWS) as RowName[]

/** Sent by the clients with a number behind it, one user each. Checked by every row. */
export const TOKEN = 'token-of-'
export const CHANNEL = 'owner:7'
