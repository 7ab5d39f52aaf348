import { defineStream, isSseError, type StreamContract, type } from '@sse/contract'
import { createHub, type Hub } from '@sse/server'
import type { Engine } from '@sse/server/engine-kit'
import { BrokenPromise } from '../broken-promise.ts'
import { FaultInjectingEngine } from './fault-injecting-engine.ts'
import { type Content, isLatestPerKey } from './publication.ts'

type Events = Record<'lead' | 'note', ReturnType<typeof type<Content>>>
/** Contract of the model's hubs. */
export type ModelContract = StreamContract<'/model', Events>
const events: Events = { lead: type<Content>(), note: type<Content>() }

/** Settings of a run: a restart creates the same hub again. */
export interface Settings {
  readonly ringEvents: number
  readonly ringBytes: number
  readonly maxEvents: number
  /** Maximum delay of an engine's call, in turns. */
  readonly maxTurns: number
  /** Sizes of payloads, in characters. */
  readonly bulks: readonly number[]
  readonly heartbeatMs: number
}

/** One process of the app: a hub on an engine. */
export class Replica {
  readonly engine: FaultInjectingEngine
  readonly hub: Hub<ModelContract>
  #violation: BrokenPromise | undefined

  constructor(inner: Engine, { ringEvents, ringBytes, maxEvents, maxTurns, heartbeatMs }: Settings) {
    this.engine = new FaultInjectingEngine(inner, maxTurns)
    this.hub = createHub(defineStream({ path: '/model', heartbeatMs, events }), {
      engine: this.engine,
      retention: { maxEvents, maxAgeMs: Number.POSITIVE_INFINITY },
      ring: { maxEvents: ringEvents, maxBytes: ringBytes },
      latestPerKey: isLatestPerKey,
      onError: (error) => this.#note(error),
    })
  }

  /** A rule the hub has broken. */
  get violation(): BrokenPromise | undefined {
    return this.#violation ?? this.engine.violation
  }

  #note(error: unknown): void {
    if (isSseError(error) && error.code === 'engine_unavailable') return
    this.#violation ??= new BrokenPromise('nothing fails in the background', String(error))
  }
}
