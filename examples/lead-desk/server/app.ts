import files from '@fastify/static'
import { isSseError, SseError } from '@sse/server'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { ZodError } from 'zod'
import { addDeskRoutes, Changes } from './desk-routes.ts'
import { addInboxRoutes } from './inbox-routes.ts'
import { addSignIn } from './sign-in.ts'
import type { Store } from './store.ts'

export interface AppOptions {
  store: Store
  /** Folder of the built page. */
  page: string
}

export async function buildApp({ store, page }: AppOptions): Promise<FastifyInstance> {
  // Otherwise `close` waits for idle connections of browsers.
  const app = fastify({ forceCloseConnections: true })
  refuseOtherSites(app)
  answerErrors(app)

  const changes = new Changes()
  const personOf = await addSignIn(app, store)
  addInboxRoutes(app, store, personOf, () => changes.emit('change'))
  addDeskRoutes(app, store, personOf, changes)
  await app.register(files, { root: page })
  return app
}

/**
 * Protects against requests that another site makes in the name of a signed-in person (CSRF). The cookie's `SameSite=Lax`
 * keeps it out of most of them. Requests that change something must also be JSON or carry a custom header: a form can
 * send neither, and a script of another origin needs permission by CORS, which this server never gives.
 */
function refuseOtherSites(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    if (request.method === 'GET' || request.method === 'HEAD') return
    const isJson = /^application\/json\b/.test(request.headers['content-type'] ?? '')
    if (isJson || request.headers['last-event-id'] !== undefined) return
    throw new SseError('json_only', 'Send JSON', { status: 415 })
  })
}

/** Answers every error with `{ code, message }`, as the streams do. Unexpected errors are masked and logged. */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    if (isSseError(error) && error.expose) {
      return reply.code(error.status).send({ code: error.code, message: error.message })
    }
    if (error instanceof ZodError) {
      const [issue] = error.issues
      const message = issue ? `${issue.path.join('.')}: ${issue.message}` : 'Not what was expected'
      return reply.code(400).send({ code: 'body_invalid', message })
    }
    const { statusCode = 500, code, message } = error
    if (statusCode < 500) return reply.code(statusCode).send({ code, message })
    console.error(error)
    return reply.code(500).send({ code: 'internal', message: 'Internal error' })
  })
}
