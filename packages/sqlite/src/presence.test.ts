import { lead } from '@sse/test-support/entries'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()
const ada = { channel: 'desk', identity: 'ada' }

it('removes members with their expired process, and leaves the durability of events alone', async () => {
  const file = newFile()
  const engine = open(file)
  const other = open(file)
  await engine.presence.enter('crashed', [ada], 20)
  await other.presence.enter('alive', [{ ...ada, identity: 'bob' }], 60_000)
  await expect.poll(() => other.presence.present('desk')).toEqual(['bob'])
  expect(await other.presence.touch('alive', 60_000)).toBe(true)
  const rows = connect(file).prepare('SELECT identity, process FROM sse_members').all()
  expect(rows).toEqual([{ identity: 'bob', process: 'alive' }])
  expect((await engine.append([lead(1)])).positions).toEqual([1])
})

it('enters ten thousand members within seconds', async () => {
  const engine = open(newFile())
  for (let index = 0; index < 10_000; index++) {
    await engine.presence.enter('p', [{ channel: 'desk', identity: `i${index}` }], 60_000)
  }
  expect(await engine.presence.present('desk')).toHaveLength(10_000)
}, 20_000)
