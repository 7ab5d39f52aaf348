import { toToken } from './subject-token.ts'

/** What the streams and subjects of a hub are called. */
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
   * The subjects of a log end with its generation: what is meant for a log that was deleted is not taken by the one
   * that has its place.
   */
  logPrefix(generation: string): string {
    return `sse.log.${this.hub}.${generation}.`
  }

  commit(subscriber: string): string {
    return `${this.commits}.${toToken(subscriber)}`
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** 40 random bits. */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => LETTERS[byte & 31]).join('')
}
