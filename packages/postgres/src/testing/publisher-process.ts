/**
 * Appends to a log until it has done so a given number of times, or is killed, and says each position once it is
 * acknowledged. Run with the database's URL, a name for its channel, and the number.
 */
import { writeSync } from 'node:fs'
import { postgres } from '../index.ts'

const [url = '', channel = '', times = ''] = process.argv.slice(2)
const engine = postgres({ url, onWarning: () => {} })
// Not `console.log`: what was acknowledged has to be said before the next one is begun.
const say = (word: unknown) => writeSync(1, `${word}\n`)

await engine.read(0, 0)
say('ready')
for (let turn = 0; turn < Number(times); turn += 1) {
  const { positions } = await engine.append([
    { channel, event: 'turn', data: JSON.stringify(turn) },
    { channel: 'all', event: 'turn', data: JSON.stringify(turn) },
  ])
  say(positions[0])
}
say('done')
await engine.close()
