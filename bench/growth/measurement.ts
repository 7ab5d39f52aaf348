import type { Curve } from './curve.ts'

/** Result of one part of the bench. Parts are measured at different times, so each has its own date. */
export interface Measurement {
  readonly rounds: number
  readonly curves: readonly Curve[]
  /** Of the part `connections`: what the arithmetic for a million takes. */
  readonly scale?: readonly ScalePoint[]
  /** Files that one process could open: more connections than that were spread over processes. */
  readonly maxOpenFiles?: number
}

/** What a number of connections cost, on one host. */
export interface ScalePoint {
  readonly connections: number
  /** Server processes that they were spread over. */
  readonly processes: number
  /** Memory of the server processes without connections, in bytes. */
  readonly emptyBytes: number
  /** Memory that the connections added to the server processes, in bytes. */
  readonly addedBytes: number
  /** Memory that they added to the kernel, for both ends of each connection, in bytes. */
  readonly kernelBytes: number
  /** CPU time of the servers to accept all, in milliseconds. */
  readonly acceptMs: number
  /** CPU time of the servers for a heartbeat to each, in milliseconds. */
  readonly heartbeatMs: number
  /** CPU time of the servers for one event to each, in milliseconds. */
  readonly eventMs: number
  /** Bytes of the response for one event. */
  readonly eventBytes: number
}

/** Options of every part. */
export interface GrowthOptions {
  readonly rounds: number
  /** A few small steps instead of the whole range. */
  readonly isQuick: boolean
  /** Largest size that is measured. */
  readonly most: number
  /** Reports that the next step starts. */
  readonly step: (what: string) => void
}

/** A part of the bench. */
export interface Part {
  /** Number of calls of `step`. */
  steps(options: Omit<GrowthOptions, 'step'>): number
  measure(options: GrowthOptions): Promise<Measurement>
}

/** The sizes of a part that are measured. */
export function sizesWithin(
  { isQuick, most }: Pick<GrowthOptions, 'isQuick' | 'most'>,
  sizes: readonly number[],
  quickSizes: readonly number[],
): number[] {
  return (isQuick ? quickSizes : sizes).filter((size) => size <= most)
}
