/** Counts one scenario, alone in its process: `node counted.ts <scenario>`. */
import type { HeapProfiler, Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { countTokens } from './count-tokens.ts'
import type { Cost, Costs, CountedAnswer, CountedOrder, Opening } from './messages.ts'
import type { Scenario } from './scenarios.ts'

// It also ends when the bench is killed.
process.on('disconnect', () => process.exit())
const session = new Session()
session.connect()
await session.post('Debugger.enable')
await session.post('Profiler.enable')
// V8 counts the blocks of functions that are compiled from here on: our code must not be loaded before.
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
const { SCENARIOS } = await import('./scenarios.ts')
const { start, units } = SCENARIOS[process.argv[2] as string] as Scenario
const run = await start(open)
// Afterwards no function runs for the first time, and arrays that grow have grown.
await run(units)
const tokens = await countExecuted()
const bytes = await countAllocated()
say({ type: 'counted', costs: join() })

async function countExecuted(): Promise<Map<string, number>> {
  await session.post('Profiler.takePreciseCoverage')
  await run(units)
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  const tokens = new Map<string, number>()
  for (const script of result) {
    const file = counted(script.url)
    if (!file) continue
    for (const [name, count] of await countScript(script)) add(tokens, `${file} ${name}`, count)
  }
  await session.post('Debugger.disable')
  return tokens
}

async function countScript({ scriptId, functions }: Profiler.ScriptCoverage): Promise<Map<string, number>> {
  const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId })
  return countTokens(scriptSource, functions)
}

/** Every allocation is a sample. */
async function countAllocated(): Promise<{ own: Map<string, number>; node: Map<string, number> }> {
  await session.post('HeapProfiler.enable')
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  await run(units)
  const { profile } = await session.post('HeapProfiler.stopSampling')
  const own = new Map<string, number>()
  const node = new Map<string, number>()
  const visit = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode, caller: string) => {
    const file = counted(callFrame.url)
    // What the bench does, also when our code calls it, is not counted. Node's own functions are, for their caller.
    const owner = file ? `${file} ${callFrame.functionName}` : callFrame.url.startsWith('file:') ? '' : caller
    if (owner) add(file ? own : node, owner, selfSize)
    for (const child of children) visit(child, owner)
  }
  visit(profile.head, '')
  return { own, node }
}

function join(): Costs {
  const names = [...new Set([...tokens.keys(), ...bytes.own.keys(), ...bytes.node.keys()])].sort()
  const perUnit = (total = 0) => Math.round((total / units) * 100) / 100
  const costs = names.map((name): [string, Cost] => [
    name,
    [perUnit(tokens.get(name)), perUnit(bytes.own.get(name)), perUnit(bytes.node.get(name))],
  ])
  return Object.fromEntries(costs.filter(([, cost]) => cost.some((number) => number > 0)))
}

/** Returns the name of a file of ours or of a dependency, as in `server/src/log/ring.ts`. */
function counted(url: string): string | undefined {
  return /.*\/(?:packages|node_modules)\/(.+)/.exec(url)?.[1]
}

function add(sums: Map<string, number>, name: string, count: number): void {
  sums.set(name, (sums.get(name) ?? 0) + count)
}

async function open(opening: Opening): Promise<void> {
  const opened = new Promise((resolve) => process.once('message', (_: CountedOrder) => resolve(undefined)))
  say({ type: 'open', opening })
  await opened
}

function say(answer: CountedAnswer): void {
  process.send?.(answer)
}
