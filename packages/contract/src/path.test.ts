import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPath, matchPath } from './path.ts'

const value = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text !== '.' && text !== '..')

describe('a path built from parameters', () => {
  it('is matched with the same ones, under any prefix, through a real URL', () => {
    fc.assert(
      fc.property(value, value, fc.constantFrom('', '/api', '/a/b%20c'), (team, owner, prefix) => {
        const path = '/teams/:team/leads/:owner'
        const { pathname } = new URL(`http://a${prefix}${buildPath(path, { team, owner })}?x=1`)
        expect(matchPath(path, pathname)).toEqual({ team, owner })
      }),
    )
  })

  it('writes a parameter that holds a path as one segment', () => {
    expect(buildPath('/leads/:owner', { owner: '../a?b#c' })).toBe('/leads/..%2Fa%3Fb%23c')
  })

  it.each([
    {},
    { owner: '' },
    { owner: '.' },
    { owner: '..' },
    { owner: undefined },
    { owner: null },
    undefined,
  ])('is refused for %j: it would be another path', (params) => {
    expect(() => buildPath('/leads/:owner', params as never)).toThrow(
      expect.objectContaining({
        code: 'param_missing',
        message: expect.stringContaining('Path "/leads/:owner" needs the parameter "owner"'),
      }),
    )
  })

  it('takes no parameter from a prototype', () => {
    expect(() => buildPath('/leads/:toString')).toThrow('needs the parameter "toString"')
  })
})

describe('a pathname', () => {
  it.each([
    ['/leads/:owner', '/leads/42', { owner: '42' }],
    ['/leads/:owner', '/leads/42/', { owner: '42' }],
    ['/leads/:owner', '//leads//42', { owner: '42' }],
    ['/leads/:owner', '/api/v1/leads/42', { owner: '42' }],
    ['/leads/:owner', '/leads/a%2Fb%20%C3%A9', { owner: 'a/b é' }],
    ['/leads', '/%6ceads', {}],
    ['/', '/', {}],
    ['/', '/leads', undefined],
    ['/leads/:owner', '/leads', undefined],
    ['/leads/:owner', '/Leads/42', undefined],
    ['/leads/:owner', '/leads/42/more', undefined],
    ['/leads/:owner', '/leads/%E0%A4%A', undefined],
    ['/leads', '/', undefined],
  ])('%s on %s', (path, pathname, params) => {
    expect(matchPath(path, pathname)).toEqual(params)
  })
})
