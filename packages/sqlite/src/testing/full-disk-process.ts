/**
 * Appends to a file until its disk is full, makes room, and appends again; says as JSON what happened. Run with a
 * folder on a disk of its own.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqlite } from '../index.ts'

const [folder = ''] = process.argv.slice(2)
const ballast = join(folder, 'ballast')
writeFileSync(ballast, Buffer.alloc(1_000_000))

const engine = sqlite(join(folder, 'hub.db'))
const data = JSON.stringify('x'.repeat(10_000))
const append = () => engine.append(Array(10).fill({ channel: 'a', event: 'b', data }))

let acknowledged = 0
let failure: unknown
while (!failure) {
  try {
    acknowledged = (await append()).positions.at(-1) as number
  } catch (error) {
    const { code, message, cause } = error as { code: string; message: string; cause: { errcode: number } }
    failure = { code, message: message.replace(folder, ''), errcode: cause.errcode }
  }
}
const whileFull = await engine.read(acknowledged - 1, 100)
rmSync(ballast)
const { positions } = await append()
const { head, entries } = await engine.read(0, 100_000)
await engine.close()
console.log(
  JSON.stringify({
    failure,
    acknowledged,
    whileFull: { head: whileFull.head, entries: whileFull.entries.length },
    next: positions[0],
    head,
    entries: entries.length,
  }),
)
