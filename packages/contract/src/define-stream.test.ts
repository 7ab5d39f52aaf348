import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineStream, type StreamDefinition } from './define-stream.ts'
import { type } from './schema.ts'

const events = { lead: type<{ id: string }>() }

it('a contract is frozen', () => {
  const given = { path: '/leads/:owner' as const, events: { ...events } }
  const contract = defineStream(given)
  expect(contract).toMatchObject({ path: '/leads/:owner', heartbeatMs: 15_000 })
  expect(Object.isFrozen(contract) && Object.isFrozen(contract.events)).toBe(true)
  given.events.lead = type()
  expect(contract.events.lead).toBe(events.lead)
})

it.each([1, 15_000, 2 ** 31 - 1, Number.POSITIVE_INFINITY])('accepts heartbeatMs %s', (heartbeatMs) => {
  expect(defineStream({ path: '/', events, heartbeatMs }).heartbeatMs).toBe(heartbeatMs)
})

it.each(['/', '/leads', '/leads/:owner', '/v1.2/leads_~x/:owner/:_id2'])('accepts the path %s', (path) => {
  expect(defineStream({ path, events }).path).toBe(path)
})

describe('an invalid definition is rejected with what to write instead', () => {
  it.each([
    ['', 'must be a string that starts with "/", such as "/leads/:owner", not ""'],
    ['leads', 'must be a string that starts with "/", such as "/leads/:owner", not "leads"'],
    [undefined, 'must be a string that starts with "/", such as "/leads/:owner", not undefined'],
    ['/leads/', 'write it without "//" or a final "/"'],
    ['//leads', 'write it without "//" or a final "/"'],
    ['/leads/:', '":" is not a parameter; write ":name"'],
    ['/leads/:owner?', '":owner?" is not a parameter; write ":name"'],
    ['/leads/:own-er', '":own-er" is not a parameter'],
    ['/leads/:9', '":9" is not a parameter'],
    ['/leads/:owner/:owner', 'names ":owner" twice; give each its own name'],
    ['/leads/*', 'segment "*" may contain letters, digits and "-._~"'],
    ['/leads/{id}', 'patterns and queries are not part of a contract'],
    ['/leads?x=1', 'patterns and queries are not part of a contract'],
    ['/leads/a:b', 'segment "a:b" may contain'],
    ['/leads/é', 'segment "é" may contain'],
    ['/a/../b', 'must not contain ".." segments'],
    ['/a/./b', 'must not contain "." segments'],
  ])('path %j', (path, message) => {
    refuses({ path: path as string, events }, message)
  })

  it.each([
    [undefined, 'events must name at least one event, such as { lead: type<Lead>() }'],
    [null, 'events must name at least one event'],
    [{}, 'events must name at least one event'],
    [{ '': type() }, 'must not be empty and must not contain CR, LF or NUL'],
    [{ 'a\nb': type() }, 'event name "a\\nb" must not be empty and must not contain CR, LF or NUL'],
    [{ 'a\r': type() }, 'must not contain CR, LF or NUL'],
    [{ 'a\0': type() }, 'must not contain CR, LF or NUL'],
    [{ 'a\ud800': type() }, 'half a surrogate pair'],
    [
      { error: type() },
      'event name "error" is reserved ("open", "error", "gap" and "sse.…"); choose another',
    ],
    [{ ['x'.repeat(257)]: type() }, 'an event name must have at most 256 characters, not 257'],
    [{ open: type() }, 'event name "open" is reserved'],
    [{ gap: type() }, 'event name "gap" is reserved'],
    [{ 'sse.lead': type() }, 'event name "sse.lead" is reserved'],
    [{ lead: Number }, 'event "lead" needs a Standard Schema (zod, valibot, arktype …), type<T>() or text()'],
    [{ lead: { id: z.string() } }, 'event "lead" needs a Standard Schema'],
    [{ lead: null }, 'event "lead" needs a Standard Schema'],
    [['lead'], 'event "0" needs a Standard Schema'],
  ])('events %o', (given, message) => {
    refuses({ path: '/', events: given as typeof events }, message)
  })

  it.each([0, -1, Number.NaN, 2 ** 31, '15s', null])('rejects heartbeatMs %j', (heartbeatMs) => {
    refuses(
      { path: '/', events, heartbeatMs: heartbeatMs as number },
      `heartbeatMs must be 1 to 2147483647 milliseconds, or Infinity for none, not ${heartbeatMs}`,
    )
  })

  it.each([undefined, null, '/leads'])('rejects %j in place of a definition', (given) => {
    refuses(given as never, 'defineStream: ')
  })

  function refuses(definition: StreamDefinition<string, typeof events, string>, message: string) {
    expect(() => defineStream(definition)).toThrow(
      expect.objectContaining({ code: 'contract_invalid', message: expect.stringContaining(message) }),
    )
    expect(() => defineStream(definition)).toThrow(/^defineStream: /)
  }
})
