import { defineStream, type } from '@sse/contract'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/express'
import { serve } from '@sse/test-support/http-server'
import express from 'express'
import session, { MemoryStore } from 'express-session'
import { expect, it } from 'vitest'

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

const inbox = defineStream({ path: '/inbox', events: { message: type<number>() } })

/** Signs in, opens a stream, signs out while it is open, and returns the ids of the sessions stored after it has closed. */
async function signOutWhileStreaming(options: { resave: boolean | undefined }): Promise<string[]> {
  const store = new MemoryStore()
  const hub = createHub(inbox)
  const app = express()
  app.use(
    session({ secret: 'a secret', saveUninitialized: false, store, ...options } as session.SessionOptions),
  )
  app.post('/sign-in', (req, res) => {
    req.session.user = 'ada'
    res.end()
  })
  app.post('/sign-out', (req, res) => {
    const user = req.session.user ?? ''
    req.session.destroy(() => {
      hub.revoke(user)
      res.end()
    })
  })
  app.use(sse(hub, { authorize: ({ req }) => req.session.user, channels: 'everyone', onError: () => {} }))
  await using server = await serve(app)
  const signedIn = await fetch(`${server.origin}/sign-in`, { method: 'POST' })
  const headers = {
    cookie: signedIn.headers
      .getSetCookie()
      .map((cookie) => cookie.replace(/;.*/, ''))
      .join('; '),
  }
  const stream = await fetch(`${server.origin}/inbox`, { headers })
  expect(stream.status).toBe(200)
  await fetch(`${server.origin}/sign-out`, { method: 'POST', headers })
  expect(await stream.text()).toContain('"code":"revoked"')
  await hub.close()
  return new Promise((resolve, reject) =>
    store.all?.((error, sessions) => (error ? reject(error) : resolve(Object.keys(sessions ?? {})))),
  )
}

it('a session destroyed while its stream is open stays destroyed with `resave: false`', async () => {
  expect(await signOutWhileStreaming({ resave: false })).toEqual([])
})

it('express-session’s default saves a destroyed session again when the stream closes', async () => {
  expect(await signOutWhileStreaming({ resave: undefined })).toHaveLength(1)
})
