import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sse } from '@sse/server/node'
import { type Program, startProgram } from '@sse/test-support/program'
import type { TestProject } from 'vitest/node'
import { startScriptServer } from '../support/script-server.ts'
import { countdown } from './countdown.ts'
import { startHubServer } from './hub-server.ts'
import { startRoomServer } from './room-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the scripted server is: another origin than the page's. */
    scriptOrigin: string
    /** Where `countdown` is served by `@sse/server`. */
    countdownOrigin: string
    /** Where `inbox` is served by a hub; see `startHubServer`. */
    hubOrigin: string
    /** Where `room` is served; see `startRoomServer`. */
    roomOrigin: string
    /** Where two processes serve the runs of one file; see `runs-process.ts`. */
    runsOrigins: readonly [string, string]
  }
}

const runsProgram = fileURLToPath(new URL('runs-process.ts', import.meta.url))

export default async function setup({ provide }: TestProject): Promise<() => Promise<unknown>> {
  const script = await startScriptServer()
  provide('scriptOrigin', script.origin)

  let starts = 0
  const stream = sse(countdown, async function* ({ params, event, lastEventId }) {
    starts++
    const from = lastEventId === undefined ? Number(params.from) : Number(lastEventId) - 1
    for (let count = from; count > 0; count--) yield event('count', count, { id: String(count) })
    yield event('message', 'liftoff')
  })
  const server = createServer((req, res) => {
    res.setHeader('access-control-allow-origin', '*')
    res.setHeader('access-control-allow-headers', 'last-event-id, authorization')
    if (req.method === 'OPTIONS') res.writeHead(204).end()
    else if (req.url === '/starts') res.end(String(starts))
    else stream(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  provide('countdownOrigin', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

  const hub = await startHubServer()
  provide('hubOrigin', hub.origin)

  const rooms = await startRoomServer()
  provide('roomOrigin', rooms.origin)

  const folder = mkdtempSync(join(tmpdir(), 'sse-runs-'))
  const args = ['--conditions=@sse/source', runsProgram, join(folder, 'runs.db')]
  const processes = [startProgram(process.execPath, args), startProgram(process.execPath, args)] as const
  const originOf = async ({ says }: Program) => `http://127.0.0.1:${(await says(/^at (\d+)$/m))[1]}`
  provide('runsOrigins', [await originOf(processes[0]), await originOf(processes[1])])

  return async () => {
    await Promise.all(processes.map((each) => each.stop('SIGKILL')))
    rmSync(folder, { recursive: true })
    server.closeAllConnections()
    server.close()
    await hub.close()
    await rooms.close()
    return script.close()
  }
}
