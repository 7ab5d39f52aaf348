import { setTimeout } from 'node:timers/promises'
import { type EngineName, isServer } from './engines/start-engine.ts'
import { FaultQueues, faultKinds } from './faults.ts'
import { Fleet } from './fleet.ts'
import { judge } from './judge.ts'
import { type Plan, planOf, type Step } from './plan.ts'
import { Publisher } from './publisher.ts'
import { Reader } from './reader.ts'
import { Truth } from './truth.ts'

const SERVERS = 3
/** Between two publications of one publisher. */
const PACE_MS = 4
/** The next step comes even if everything stands still. */
const MAX_STEP_MS = 1_500

export interface Outcome {
  /** What was not as promised; empty when all is well. */
  problems: string[]
  published: number
  delivered: number
  gaps: number
  retries: number
}

/** One run with everything that the seed says, on real processes. */
export async function seededRun(name: EngineName, seed: number): Promise<Outcome> {
  const plan = planOf(seed, faultKinds(isServer(name)))
  await using fleet = await Fleet.start(name, { servers: SERVERS, ...plan })
  const truth = new Truth()
  const publishers = plan.publications.map((_, index) => new Publisher(`p${index}`, index, fleet, truth))
  const first = await (publishers[0] as Publisher).publish({ channel: 'all', bulk: 0 })
  const readers = plan.readers.map(({ channels }, n) => new Reader(`r${n}`, channels, first.id))
  for (const [n, { server }] of plan.readers.entries()) readers[n]?.follow(fleet.server(server))

  const over = new AbortController()
  const publishing = publishers.map((publisher, n) =>
    publishAll(publisher, plan.publications[n] as Plan['publications'][number], over.signal),
  )
  const faults = new FaultQueues(fleet)
  const join = ({ channels, server }: Extract<Step, { do: 'join' }>) => {
    const reader = new Reader(`r${readers.length}`, channels, first.id)
    readers.push(reader)
    reader.follow(fleet.server(server))
  }
  for (const step of plan.steps) {
    await acknowledged(truth, step.after)
    if (step.do === 'fault') void faults.add(step.fault)
    else if (step.do === 'move') readers[step.reader]?.follow(fleet.server(step.server))
    else if (step.do === 'leave') readers[step.reader]?.leave()
    else join(step)
  }
  await faults.settled()
  over.abort()
  await Promise.all(publishing)
  for (const [n, reader] of readers.entries()) if (!reader.isOpen) reader.follow(fleet.server(n))

  const mayTrim = plan.maxEvents !== undefined
  const { problems, serials } = await judge(fleet, truth, readers, mayTrim)
  problems.push(...brokenLog(truth, serials, fleet.engine.isDurable && !mayTrim))
  return {
    problems,
    published: truth.acknowledged.size,
    delivered: readers.reduce((sum, { received }) => sum + received, 0),
    gaps: readers.reduce((sum, { gaps }) => sum + gaps, 0),
    retries: publishers.reduce((sum, { retries }) => sum + retries, 0),
  }
}

async function publishAll(
  publisher: Publisher,
  publications: Plan['publications'][number],
  until: AbortSignal,
): Promise<void> {
  for (let n = 0; !until.aborted; n += 1) {
    await publisher.publish(publications[n % publications.length] as (typeof publications)[number])
    await setTimeout(PACE_MS)
  }
}

async function acknowledged(truth: Truth, more: number): Promise<void> {
  const wanted = truth.acknowledged.size + more
  const deadline = performance.now() + MAX_STEP_MS
  while (truth.acknowledged.size < wanted && performance.now() < deadline) await setTimeout(5)
}

/** What is wrong with the log itself, whatever readers saw of it. */
function brokenLog(truth: Truth, serials: readonly number[], keepsAll: boolean): string[] {
  const problems: string[] = []
  const held = new Set(serials)
  if (keepsAll) {
    if (held.size < serials.length) problems.push(`${serials.length - held.size} events are stored twice`)
    for (const serial of truth.acknowledged)
      if (!held.has(serial)) problems.push(`${serial} was acknowledged, and is gone`)
  }
  // One publisher waits for each before the next.
  const last = new Map<string, number>()
  for (const serial of serials) {
    const publisher = truth.publications.get(serial)?.publisher ?? ''
    if (serial <= (last.get(publisher) ?? 0))
      problems.push(`${serial} of ${publisher} is stored out of order`)
    last.set(publisher, serial)
  }
  return problems
}
