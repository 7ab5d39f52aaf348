import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { sse as webSse } from '@sse/server'
import { sse as expressSse } from '@sse/server/express'
import { sse as fastifySse } from '@sse/server/fastify'
import { sse as honoSse } from '@sse/server/hono'
import { sse as koaSse } from '@sse/server/koa'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import type { App, BeatsHub, Callback } from './app.ts'
import { hubStreamCallbacks } from './coverage.ts'
import type { Misbehave } from './misbehave.ts'

/** Options whose functions are not checked by the compiler: they return what no function should. */
type Loose = never
type Mount = (hub: BeatsHub, options: Loose) => RequestListener | Promise<RequestListener>

/** Frameworks, by the name of the adapter's entry. Node's own is that of all other cases. */
export const frameworks: Readonly<Record<string, Mount>> = {
  express: (hub, options) => express().use(expressSse(hub, options)),
  koa: (hub, options) => new Koa().use(koaSse(hub, options)).callback(),
  fastify: async (hub, options) => {
    const app = fastify()
    app.register(fastifySse(hub, options))
    await app.ready()
    return (req, res) => app.routing(req, res)
  },
  hono: (hub, options) => getRequestListener(new Hono().use(honoSse(hub, options)).fetch),
  web: (hub, options) => getRequestListener(webSse(hub, options)),
}

const optionsOf = (option: string, misbehave: Misbehave): Loose =>
  ({
    // An error to report, where reporting is what misbehaves.
    authorize: () => option !== 'onError' && 'ada',
    channels: 'everyone',
    onError: () => {},
    [option]: misbehave,
  }) as never

/** Each function of a hub's stream, in each framework. */
export const adapterCallbacks: readonly Callback[] = Object.entries(frameworks).flatMap(([name, mount]) =>
  Object.keys(hubStreamCallbacks).map(
    (option): Callback => ({
      name: `${option} with ${name}`,
      handler: ({ hub }: App, misbehave) => mount(hub, optionsOf(option, misbehave)),
    }),
  ),
)
