import { expect, it } from 'vitest'
import { acceptsGzip } from './accept-encoding.ts'

it.each([
  'gzip',
  'gzip, deflate, br, zstd',
  'deflate,GZIP;q=0.5',
  'x-gzip',
  '*',
  'br;q=1.0, *;q=0.1',
  'gzip;q=0.001',
  'identity, gzip',
  'identity;q=0.5, gzip;q=0.8',
  ' gzip ; q=1.000 ',
])('gzip is accepted by %j', (header) => {
  expect(acceptsGzip(header)).toBe(true)
})

it.each([
  undefined,
  '',
  'identity',
  'br, deflate',
  'gzip;q=0',
  'gzip;q=0.000',
  '*;q=0',
  'gzip;q=0, *',
  'identity, gzip;q=0.5',
  'gzip;q=abc',
  'gzip;q=2',
  'gzipped',
  ',;',
])('gzip is not accepted by %j', (header) => {
  expect(acceptsGzip(header)).toBe(false)
})
