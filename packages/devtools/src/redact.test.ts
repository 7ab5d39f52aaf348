import fc from 'fast-check'
import { expect, it } from 'vitest'
import { redactData, redactMessage, redactUrl } from './redact.ts'

it.each([
  'token',
  'access_token',
  'apiKey',
  'api_key',
  'Authorization',
  'session',
  'sig',
  'password',
  'code',
])('hides the value of the query parameter %s by default', (name) => {
  expect(redactUrl(`https://example.com/s?${name}=hunter2&view=all`, undefined)).toBe(
    `https://example.com/s?${name}=•••&view=all`,
  )
})

it('hides the password of a URL, and every value of a repeated parameter', () => {
  const shown = redactUrl('https://ada:hunter2@example.com/?token=hunter2&token=hunter2', undefined)
  expect(shown).toBe('https://ada:•••@example.com/?token=•••')
})

it('hides every value and all data with `true`', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (name, value) => {
      const url = new URL('https://example.com/')
      url.searchParams.set(name, value)
      expect(new URL(redactUrl(url.href, true)).searchParams.get(name)).toBe('•••')
      expect(redactData(value, true)).toBe('•••')
    }),
  )
})

it('lets a function redact after the default, and hides the text if it throws', () => {
  const digits = (text: string) => text.replace(/\d/g, '#')
  expect(redactUrl('https://example.com/users/42?token=1', digits)).toBe(
    'https://example.com/users/##?token=•••',
  )
  expect(redactData('{"id":42}', digits)).toBe('{"id":##}')
  const broken = () => {
    throw new Error('no')
  }
  expect([redactUrl('https://example.com/', broken), redactData('secret', broken)]).toEqual(['•••', '•••'])
})

it('redacts the URLs in the message of an error', () => {
  const hide = (text: string) => text.replace(/\d+/g, '#')
  expect(redactMessage('The server answered 401 to GET https://example.com/users/42?token=a', hide)).toBe(
    'The server answered 401 to GET https://example.com/users/#?token=•••',
  )
  expect(redactMessage('The connection was closed', true)).toBe('The connection was closed')
})
