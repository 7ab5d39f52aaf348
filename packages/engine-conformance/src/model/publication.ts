import type { NewEntry } from '@sse/server/engine-kit'

/** What the model's events carry: which publication they are, and some bulk. */
export interface Content {
  readonly serial: number
  readonly bulk: string
}

/** Something that was published, or tried to be. */
export interface Publication extends NewEntry {
  readonly serial: number
}

export const CHANNELS = ['a', 'b', 'c', 'latest'] as const
export const SUBSCRIBERS: readonly string[] = ['anna', 'bert', '__proto__']
export const isLatestPerKey = (channel: string): boolean => channel === 'latest'
