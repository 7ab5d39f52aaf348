import { lead } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { newFile, open, connect } = engineScope()

it.each([
  ['an empty event name', { event: '' }],
  ['an event name with a line feed', { event: 'a\nb' }],
  ['an event name with a carriage return', { event: 'a\rb' }],
  ['an event name with NUL', { event: 'a\0b' }],
  ['an empty channel', { channel: '' }],
  ['a channel of 257 characters', { channel: 'x'.repeat(257) }],
  ['a channel with a control character', { channel: 'a\u001fb' }],
  ['a channel with a C1 control character', { channel: 'a\u0085b' }],
  ['a channel with NUL', { channel: 'a\0b' }],
])('refuses a row with %s, whichever program writes it', async (_, part) => {
  const file = newFile()
  const engine = open(file)
  await engine.append([lead(1)])
  expect((await failureOf(() => engine.append([lead(2), lead(3, part)]))).code).toBe('engine_failed')
  const { channel = 'leads', event = 'lead' } = part as { channel?: string; event?: string }
  const insert = connect(file).prepare(
    'INSERT INTO sse_entries (at, channel, event, data) VALUES (1, ?, ?, 1)',
  )
  expect(() => insert.run(channel, event)).toThrow(/CHECK constraint failed/)
  expect((await engine.append([lead(2)])).positions).toEqual([2])
})

it('accepts a channel and an event name of 256 characters of any script', async () => {
  const name = '家'.repeat(255)
  const entry = lead(1, { channel: `${name}~`, event: `${name} ` })
  expect((await open(newFile()).append([entry])).positions).toEqual([1])
})
