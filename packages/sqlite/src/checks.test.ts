import type { SQLInputValue } from 'node:sqlite'
import type { NewEntry } from '@sse/server/engine-kit'
import { lead } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { STATE } from '@sse/test-support/read-options'
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
  ['an event name of 1,025 characters', { event: 'x'.repeat(1_025) }],
  ['a key of 257 characters', { key: 'x'.repeat(257) }],
  ['an empty key', { key: '' }],
  ['an idempotency key with a tab', { idempotencyKey: 'a\tb' }],
  ['a channel of 10 MB', { channel: 'x'.repeat(10_000_000) }],
])('refuses a row with %s, whichever program writes it', async (_, part) => {
  const file = newFile()
  const engine = open(file)
  await engine.append([lead(1)])
  expect((await failureOf(() => engine.append([lead(2), lead(3, part)]))).code).toBe('engine_failed')
  const { channel, event, key = null, idempotencyKey = null } = { ...lead(2), ...part } as NewEntry
  const insert = connect(file).prepare(
    'INSERT INTO sse_entries (at, channel, event, data, key, idempotency_key) VALUES (1, ?, ?, 1, ?, ?)',
  )
  expect(() => insert.run(channel, event, key, idempotencyKey)).toThrow(/CHECK constraint failed/)
  expect((await engine.append([lead(2)])).positions).toEqual([2])
})

it.each([
  ['a time in microseconds', [1, 1.7e15, 'a', 'b', '1'], /CHECK constraint failed: at/],
  ['a time before 1970', [1, -1, 'a', 'b', '1'], /CHECK constraint failed: at/],
  ['a time that is text', [1, 'now', 'a', 'b', '1'], /cannot store TEXT value in INTEGER column/],
  ['a position beyond the numbers of JavaScript', [2n ** 60n, 1, 'a', 'b', '1'], /CHECK constraint failed/],
  ['the position 0', [0, 1, 'a', 'b', '1'], /CHECK constraint failed/],
  ['data that are bytes', [1, 1, 'a', 'b', new Uint8Array(4)], /cannot store BLOB value in TEXT column/],
  ['no data', [1, 1, 'a', 'b', null], /NOT NULL constraint failed/],
] as [string, SQLInputValue[], RegExp][])('refuses a row with %s', async (_, row, message) => {
  const file = newFile()
  const engine = open(file)
  await engine.read(0, STATE)
  const text = 'INSERT INTO sse_entries (position, at, channel, event, data) VALUES (?, ?, ?, ?, ?)'
  const insert = connect(file).prepare(text)
  expect(() => insert.run(...row)).toThrow(message)
  expect((await engine.append([lead(1)])).positions).toEqual([1])
})

it('accepts a channel and an event name of 256 characters of any script', async () => {
  const name = '家'.repeat(255)
  const entry = lead(1, { channel: `${name}~`, event: `${name} ` })
  expect((await open(newFile()).append([entry])).positions).toEqual([1])
})
