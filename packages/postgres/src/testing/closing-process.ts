/** Appends to the database of a URL, listens, closes and says what it got. Nothing keeps it from ending. */
import { postgres } from '../index.ts'

const engine = postgres({ url: process.argv[2] ?? '', timeoutMs: 1_000, onWarning: () => {} })
engine.onWake(() => {})
const said = await engine.append([{ channel: 'a', event: 'b', data: '1' }]).then(
  () => 'stored',
  (error: { code: string }) => error.code,
)
await engine.close()
console.log(said)
