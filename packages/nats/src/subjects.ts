/** Names of a hub's streams and subjects. */
export class HubNames {
  readonly hub: string
  readonly logStream: string
  readonly commitStream: string
  readonly presenceStream: string
  readonly commits: string
  readonly presence: string

  constructor(hub: string) {
    this.hub = hub
    this.logStream = `sse-log-${hub}`
    this.commitStream = `sse-commits-${hub}`
    this.presenceStream = `sse-presence-${hub}`
    this.commits = `sse.commits.${hub}`
    this.presence = `sse.presence.${hub}`
  }

  /**
   * Beginning of a log's subjects. It contains the log's generation: a message for a log that was deleted is not stored
   * in its successor.
   */
  logPrefix(generation: string): string {
    return `sse.log.${this.hub}.${generation}.`
  }

  commit(subscriber: string): string {
    return `${this.commits}.${toToken(subscriber)}`
  }
}

/** Longer tokens are written in base64, which takes four thirds of a character for a byte instead of up to three. */
const MAX_READABLE = 256

/**
 * Encodes a name as one token of a subject: percent-encoded, or `~` and base64url if that is long. A token contains no
 * dot, wildcard or space, and has at most 1,025 characters for the 256 of a name, so that three of them fit on a line of
 * the protocol (4,096 bytes).
 */
export function toToken(name: string): string {
  if (/^[\w-]{1,256}$/.test(name)) return name
  const readable = encodeURIComponent(name).replace(/[.*~]/g, (sign) => ESCAPES[sign] as string)
  return readable.length <= MAX_READABLE ? readable : `~${Buffer.from(name).toString('base64url')}`
}

export function fromToken(token: string): string {
  if (token.startsWith('~')) return Buffer.from(token.slice(1), 'base64url').toString()
  return token.includes('%') ? decodeURIComponent(token) : token
}

const ESCAPES: Record<string, string> = { '.': '%2E', '*': '%2A', '~': '%7E' }
