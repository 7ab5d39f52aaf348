'use client'

export type { FeedSource, RecentEvent, SharedFeed, SharedOptions, SharedOptionsFor } from '@sse/client/hooks'
export { useEvent } from './use-event.ts'
export { useEvents } from './use-events.ts'
export { useLatest } from './use-latest.ts'
export { useStream } from './use-stream.ts'
export { useStreamStatus } from './use-stream-status.ts'
