import { serve } from '@sse/test-support/http-server'
import compression from 'compression'
import express from 'express'
import { expect, it } from 'vitest'
import { Exchange, median } from './stream.ts'

it.each([
  ['as it comes', {}],
  ['told to compress everything', { filter: () => true, threshold: 0 }],
])('Express’ compression middleware, %s, holds nothing back', async (_, options) => {
  const exchange = new Exchange()
  const app = express().use(compression(options)).get('/stamps', exchange.fourEvents)
  await using server = await serve(app)
  expect(median(await exchange.readFour(`${server.origin}/stamps?large`))).toBeLessThan(150)
})
