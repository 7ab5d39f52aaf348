import { DurableObject } from 'cloudflare:workers'
import { sse } from '@sse/server'
import { hubOf } from './hub.ts'

interface Env {
  ROOM: DurableObjectNamespace<Room>
}

/**
 * The one place where the room lives. Cloudflare starts a Worker in many places at once, each with separate memory. A
 * Durable Object exists once in the world: all streams and all publishers meet in it.
 */
export class Room extends DurableObject<Env> {
  readonly #hub = hubOf(this.ctx)
  readonly #stream = sse(this.#hub, {
    // Your session goes here: return the signed-in user, or nothing to refuse.
    authorize: () => ({ id: 'guest' }),
    channels: () => 'room',
  })

  /** The stream and its acknowledgements. */
  override fetch(request: Request): Promise<Response> {
    return this.#stream(request)
  }

  async publish(text: string): Promise<void> {
    await this.#hub.publish('room', 'message', { text })
  }

  connections(): number {
    return this.#hub.stats().connections
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const { pathname } = new URL(request.url)
    const stub = env.ROOM.getByName('room')
    if (pathname === '/api/messages' && request.method === 'POST') {
      const { text } = await request.json<{ text?: unknown }>().catch(() => ({ text: undefined }))
      if (typeof text !== 'string' || text === '')
        return Response.json({ error: 'text is missing' }, { status: 400 })
      await stub.publish(text)
      return new Response(null, { status: 204 })
    }
    if (pathname === '/api/online') return Response.json({ connections: await stub.connections() })
    return stub.fetch(request)
  },
} satisfies ExportedHandler<Env>
