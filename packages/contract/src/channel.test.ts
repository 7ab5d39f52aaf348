import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDeclaredChannel } from './channel.ts'
import { defineStream } from './define-stream.ts'
import { type } from './schema.ts'

const events = { count: type<number>() }
const contract = defineStream({
  path: '/leads',
  events,
  channels: ['owner:{owner}', 'team:{team}:{role}', 'every.one', 'a+b|c({x})'],
})

describe('a contract that declares its channels', () => {
  it.each(['owner:42', 'owner::', 'owner:a\nb', 'team:1:2', 'team:1:2:3', 'every.one', 'a+b|c(1)'])(
    'allows the channel %j, which one of its patterns describes',
    (channel) => {
      expect(() => checkDeclaredChannel(contract, channel)).not.toThrow()
    },
  )

  it.each([
    'ower:42',
    'owner:',
    'owner',
    'xowner:42',
    'team:1',
    'team::',
    'everyone',
    'everyxone',
    'a+b',
    'c(1)',
    '',
  ])('rejects the channel %j with channel_invalid and lists its patterns', (channel) => {
    expect(() => checkDeclaredChannel(contract, channel)).toThrow(
      expect.objectContaining({
        code: 'channel_invalid',
        expose: false,
        message: `Stream "/leads" has no channel ${JSON.stringify(channel)}; it has "owner:{owner}", "team:{team}:{role}", "every.one", "a+b|c({x})"`,
      }),
    )
  })

  it('allows every value of a parameter, whatever text it contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (owner) => {
        checkDeclaredChannel(contract, `owner:${owner}`)
      }),
    )
  })

  it('compares a literal pattern as text, whatever characters it contains', () => {
    const literal = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => !/[{}]|\p{Cc}|\p{Surrogate}/u.test(text))
    fc.assert(
      fc.property(literal, fc.string(), (pattern, other) => {
        const declared = defineStream({ path: '/', events, channels: [pattern] })
        checkDeclaredChannel(declared, pattern)
        if (other !== pattern) expect(() => checkDeclaredChannel(declared, other)).toThrow('has no channel')
      }),
    )
  })
})

it('a contract without channels allows every channel', () => {
  expect(() => checkDeclaredChannel(defineStream({ path: '/', events }), 'ower:42')).not.toThrow()
})

it.each([
  [[], 'channels must be an array of at least one pattern'],
  ['owner:{owner}', 'channels must be an array of at least one pattern'],
  [[''], 'must be 1 to 256 characters'],
  [['x'.repeat(257)], 'must be 1 to 256 characters'],
  [['a\nb'], 'channel pattern "a\\nb" must be 1 to 256 characters without control characters'],
  [[7], 'channel pattern 7 must be'],
  [['owner:{}'], 'write a parameter as "{name}"'],
  [['owner:{a b}'], 'write a parameter as "{name}"'],
  [['owner:{a'], 'write a parameter as "{name}"'],
  [['owner:a}'], 'write a parameter as "{name}"'],
  [['{a}{b}'], 'put text between two parameters, such as "{a}:{b}"'],
])('defineStream rejects the channels %j with what to write instead', (channels, message) => {
  expect(() => defineStream({ path: '/', events, channels: channels as string[] })).toThrow(
    expect.objectContaining({ code: 'contract_invalid', message: expect.stringContaining(message) }),
  )
})
