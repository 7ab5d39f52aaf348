import { expect, it } from 'vitest'
import { redact, redactAll } from './redact.ts'

it.each([
  ['postgres://app:secret@db:5432/leads', 'postgres://app:***@db:5432/leads'],
  ['redis://:secret@cache/0', 'redis://:***@cache/0'],
  ['nats://secret@queue:4222', 'nats://***@queue:4222'],
  ['postgres://app:sec/r@e#t@db/leads', 'postgres://app:***@db/leads'],
  [
    'https://ada:secret@example.com/leads?token=secret&page=2',
    'https://ada:***@example.com/leads?token=***&page=***',
  ],
  ['https://example.com/@ada?ticket=secret#top', 'https://example.com/@ada?ticket=***#top'],
  ['http://ada:sec/ret@example.com', 'http://ada:***@example.com'],
  ['sqlite:leads.db', 'sqlite:leads.db'],
  ['http://localhost:3000/leads', 'http://localhost:3000/leads'],
])('prints %s as %s', (address, printed) => {
  expect(redact(address)).toBe(printed)
})

it('hides the passwords of every address in a text', () => {
  expect(redactAll('connect redis://:secret@a failed, then postgres://b:secret@c/d too')).toBe(
    'connect redis://:***@a failed, then postgres://b:***@c/d too',
  )
})
