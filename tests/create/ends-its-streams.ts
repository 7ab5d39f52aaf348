import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import type { App } from './app.ts'

/** For a server that waits for its open responses before it exits. */
export function endsItsStreams(app: () => App): void {
  it('ends its streams and exits when it is stopped', { timeout: 60_000 }, async () => {
    const server = await app().serve('start')
    try {
      const stream = await fetch(`${app().origin}/api/room`)
      server.signal('SIGTERM')
      expect(await text(stream.body ?? [])).toMatch(/^retry: \d+$/m)
      await server.exited
    } finally {
      await server.stop('SIGKILL')
    }
  })
}
