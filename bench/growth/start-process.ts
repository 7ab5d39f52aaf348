/** Starts a hub on a history: CPU time until it has published and a reader has the event. `node start-process.ts <file>`. */
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sqlite } from '@sse/sqlite'
import { ownCpuMs } from '../common/own-process.ts'
import type { Tick } from '../fanout/tick.ts'
import type { StartAnswer } from './messages.ts'

const [file] = process.argv.slice(2)
const all = Number.POSITIVE_INFINITY
const contract = defineStream({ path: '/ticks', events: { tick: type<Tick>() } })

const before = ownCpuMs()
const retention = { maxEvents: all, maxAgeMs: all }
const hub = createHub(contract, { engine: sqlite(file as string), retention })
const reading = hub.subscribe('started')[Symbol.asyncIterator]().next()
await hub.publish('started', 'tick', { n: 0, text: '' })
await reading
const answer: StartAnswer = { type: 'started', cpuMs: ownCpuMs() - before }
process.send?.(answer)
if (process.connected) process.disconnect()
await hub.close()
