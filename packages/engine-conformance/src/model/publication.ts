import type { NewEntry } from '@sse/server/engine-kit'

/** Payload of the model's events: the number of the publication, and some bulk. */
export interface Content {
  readonly serial: number
  readonly bulk: string
}

/** An event that was published, or was tried to be. */
export interface Publication extends NewEntry {
  readonly serial: number
}

export const CHANNELS = ['a', 'b', 'c', 'latest'] as const
export const SUBSCRIBERS: readonly string[] = ['anna', 'bert', '__proto__']
export const isLatestPerKey = (channel: string): boolean => channel === 'latest'
