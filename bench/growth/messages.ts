/** From the bench to the server of followed channels. */
export type ServerOrder =
  | { type: 'publish'; turns: number }
  /** Publishes to these channels only: 0 to `channels - 1`. */
  | { type: 'channels'; channels: number }
  | { type: 'cpu' }
  | { type: 'pss' }

export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'published' }
  | { type: 'ready' }
  | { type: 'cpu'; cpuMs: number }
  | { type: 'pss'; pssBytes: number }

/** From the bench to its readers. `expect`: so many events in all. */
export type ReaderOrder =
  | { type: 'open'; port: number; connections: number; channelsEach: number }
  | { type: 'expect'; events: number }

export type ReaderAnswer = { type: 'ready' } | { type: 'opened' } | { type: 'seen'; problem?: string }

/** Of one process that fills a history and measures on it. */
export interface HistoryAnswer {
  readonly type: 'history'
  readonly publishUs: readonly number[]
  readonly resumeUs: readonly number[]
  readonly trimUs: readonly number[]
  readonly heapBytes: number
}

export interface StartAnswer {
  readonly type: 'started'
  readonly cpuMs: number
}

export interface ManyChannelsAnswer {
  readonly type: 'channels'
  readonly publishUs: readonly number[]
}
