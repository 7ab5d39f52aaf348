/** A server with the endpoint for other programs on a SQLite file. With `dies`: it dies once it has stored an event. */
import { createServer } from 'node:http'
import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { publishHandler } from '@sse/server/node'
import { sqlite } from '@sse/sqlite'

const [port, file = '', dies] = process.argv.slice(2)
const leads = defineStream({ path: '/leads', events: { lead: type<{ id: string; title: string }>() } })
const engine = sqlite(file)
if (dies) {
  const append = engine.append.bind(engine)
  engine.append = async (entries) => {
    const appended = await append(entries)
    process.kill(process.pid, 'SIGKILL')
    return appended
  }
}
const hub = createHub(leads, { engine })
createServer(publishHandler(hub, { authorize: () => ({ id: 'crm' }) })).listen(
  Number(port),
  '127.0.0.1',
  () => console.log('listening'),
)
