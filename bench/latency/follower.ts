/** Serves a hub on the engine it is told; says on which port. */
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../fanout/listen.ts'
import { ENGINES, type EngineName } from './engines.ts'
import { ticks } from './ticks.ts'

const [name, where = ''] = process.argv.slice(2)
const hub = createHub(ticks, { engine: ENGINES[name as EngineName](where) })
const port = await listen(sse(ticks, () => hub.subscribe('everyone')))
process.send?.({ type: 'listening', port })
process.on('disconnect', () => process.exit())
