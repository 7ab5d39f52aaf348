/** Serves the hub on the Postgres it is told; says on which port. */

import { postgres } from '@sse/postgres'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { listen } from '../fanout/listen.ts'
import { ticks } from './ticks.ts'

const hub = createHub(ticks, { engine: postgres({ url: process.argv[2] ?? '', name: 'latency' }) })
const port = await listen(sse(ticks, () => hub.subscribe('everyone')))
process.send?.(port)
