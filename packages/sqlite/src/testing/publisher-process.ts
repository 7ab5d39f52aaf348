/**
 * Appends to a file until it has done so a given number of times, or is killed, and says each position once it is
 * acknowledged. Run with the file, a name for its channel, and the number.
 */
import { writeSync } from 'node:fs'
import { sqlite } from '../index.ts'

const [file = '', channel = '', times = ''] = process.argv.slice(2)
const engine = sqlite(file)
// Not `console.log`: what was acknowledged has to be said before the next one is begun.
const say = (word: unknown) => writeSync(1, `${word}\n`)

say('ready')
for (let turn = 0; turn < Number(times); turn++) {
  const data = JSON.stringify(turn)
  const { positions } = await engine.append([{ channel, event: 'turn', data }])
  say(positions[0])
}
say('done')
await engine.close()
