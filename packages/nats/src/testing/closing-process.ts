/** Appends to the server on a port, listens, closes and says what it got. Nothing keeps it from ending. */
import { nats } from '../index.ts'

const engine = nats({ servers: `nats://127.0.0.1:${process.argv[2]}`, timeoutMs: 1_000 })
engine.onWake(() => {})
const said = await engine.append([{ channel: 'a', event: 'b', data: '1' }]).then(
  () => 'stored',
  (error: { code: string }) => error.code,
)
await engine.close()
console.log(said)
