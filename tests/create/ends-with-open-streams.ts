import { expect, it } from 'vitest'
import type { App } from './app.ts'

/** Within which it must end: less than what the frameworks wait for connections that stay open. */
const ENDED_MS = 10_000

/** Tests that the built app ends when it is stopped while a client follows its stream. */
export function endsWithOpenStreams(app: () => App): void {
  it('ends on SIGTERM although a client follows its stream', { timeout: 60_000 }, async () => {
    await using server = await app().serve('start')
    const response = await fetch(`${app().origin}/api/room`)
    const text = response.text()
    server.signal('SIGTERM')
    let hasExited = false
    server.exited.then(() => {
      hasExited = true
    })
    await expect.poll(() => hasExited, { timeout: ENDED_MS }).toBe(true)
    expect(await text).toMatch(/\nretry: \d+\n/)
  })
}
