/** Grows a history, and the number of channels that share one: publishing, resuming, trimming, starting. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../common/child.ts'
import { CurveBuilder } from './curve.ts'
import { EVENT_ENGINES } from './history-engine.ts'
import { type GrowthOptions, type Measurement, type Part, sizesWithin } from './measurement.ts'
import type { HistoryAnswer, ManyChannelsAnswer, StartAnswer } from './messages.ts'

const HISTORY = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
const QUICK_HISTORY = [1_000, 10_000]
const CHANNELS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const QUICK_CHANNELS = [1, 1_000]
/** The same for every number of channels, so that only the channels grow. */
const CHANNEL_EVENTS = 1_000_000
const QUICK_CHANNEL_EVENTS = 10_000
const TIMEOUT_MS = 600_000
/** Ten million events need more than V8 takes by default. */
const MEMORY_MB = 5_500

type Limits = Pick<GrowthOptions, 'isQuick' | 'most'>
const historySizes = (limits: Limits) => sizesWithin(limits, HISTORY, QUICK_HISTORY)
const channelSizes = (limits: Limits) => sizesWithin(limits, CHANNELS, QUICK_CHANNELS)

export const history: Part = {
  steps: (limits) => historySizes(limits).length * EVENT_ENGINES.length,
  measure: measureHistory,
}

export const channels: Part = {
  steps: (limits) => channelSizes(limits).length * EVENT_ENGINES.length,
  measure: measureChannels,
}

async function measureHistory(options: GrowthOptions): Promise<Measurement> {
  const { rounds, step } = options
  const x = 'events of the history'
  const curves = {
    publish: new CurveBuilder({ name: 'history-publish', title: 'Publishing an event', x, unit: 'CPU µs' }),
    resume: new CurveBuilder({
      name: 'history-resume',
      title: 'An event read by a reader that resumes in the middle',
      x,
      unit: 'CPU µs',
    }),
    trim: new CurveBuilder({ name: 'history-trim', title: 'Trimming an event', x, unit: 'CPU µs' }),
    start: new CurveBuilder({
      name: 'history-start',
      title: 'Start of a process, to its first event',
      x,
      unit: 'CPU ms',
    }),
    memory: new CurveBuilder({ name: 'history-memory', title: 'Heap of the process', x, unit: 'MB' }),
  }
  for (const events of historySizes(options)) {
    for (const engine of EVENT_ENGINES) {
      step(`${engine}: a history of ${events.toLocaleString('en')} events`)
      await inFolder(async (file) => {
        const args = [engine, file, String(events), String(rounds)]
        const found = await ask<HistoryAnswer>('history-process.ts', args, 'history')
        for (const value of found.publishUs) curves.publish.add(engine, 'ours', events, value)
        for (const value of found.resumeUs) curves.resume.add(engine, 'ours', events, value)
        for (const value of found.trimUs) curves.trim.add(engine, 'ours', events, value)
        curves.memory.add(engine, 'ours', events, found.heapBytes / 1e6)
        for (let round = 1; engine === 'sqlite' && round <= rounds; round++) {
          const { cpuMs } = await ask<StartAnswer>('start-process.ts', [file], 'started')
          curves.start.add(engine, 'ours', events, cpuMs)
        }
      })
    }
  }
  return { rounds, curves: Object.values(curves).map((each) => each.build()) }
}

async function measureChannels(options: GrowthOptions): Promise<Measurement> {
  const { rounds, step } = options
  const curve = new CurveBuilder({
    name: 'channels-publish',
    title: 'Publishing to one of so many channels of a history',
    x: 'channels of the hub',
    unit: 'CPU µs',
  })
  const events = Math.min(options.isQuick ? QUICK_CHANNEL_EVENTS : CHANNEL_EVENTS, options.most)
  for (const channels of channelSizes(options)) {
    for (const engine of EVENT_ENGINES) {
      step(`${engine}: ${channels.toLocaleString('en')} channels`)
      await inFolder(async (file) => {
        const args = [engine, file, ...[channels, events, rounds].map(String)]
        const { publishUs } = await ask<ManyChannelsAnswer>('channels-process.ts', args, 'channels')
        for (const value of publishUs) curve.add(engine, 'ours', channels, value)
      })
    }
  }
  return { rounds, curves: [curve.build()] }
}

async function ask<Answer extends { type: string }>(
  file: string,
  args: string[],
  type: Answer['type'],
): Promise<Answer> {
  const execArgv = ['--expose-gc', `--max-old-space-size=${MEMORY_MB}`]
  const child = new Child<never, Answer>(new URL(file, import.meta.url), args, {
    execArgv,
    timeoutMs: TIMEOUT_MS,
  })
  try {
    return await child.hear(type)
  } finally {
    child.stop()
  }
}

async function inFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sse-growth-'))
  try {
    await run(join(folder, 'hub.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
