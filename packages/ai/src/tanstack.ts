/**
 * `StreamDurability` for TanStack AI on runs.
 *
 * @see docs/guides/ai.md
 * @module
 */
import { defineStream, type Json, SseError, type StreamContract, type } from '@sse/contract'
import type { RunOutcome, Runs } from '@sse/server/runs'
import type { StreamChunk, StreamDurability } from '@tanstack/ai'
import { type ChunkEvent, type ChunkRuns, endError, hasEnded, PushedRun, untilAborted } from './pushed-run.ts'
