/** Publishes once to the engine with a name, at a URL, and closes: as a job does. Nothing keeps it from ending. */
import { createHub } from '@sse/server'
import { numbers } from './numbers.ts'
import { openEngine } from './open-engine.ts'

const [name, url] = process.argv.slice(2) as [Parameters<typeof openEngine>[0], string]
const hub = createHub(numbers, { engine: openEngine(name, url) })
console.log(await hub.publish('a', 'n', 2))
await hub.close()
