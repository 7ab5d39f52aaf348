import type { Shape } from './stream.ts'

/** `url`: over a socket; without one, from memory. */
export type ReaderOrder = { type: 'run'; shape: Shape; url?: string }
export type ReaderAnswer = { type: 'ready' } | { type: 'ran'; ms: number; problem?: string }
