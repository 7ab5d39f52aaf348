import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A server on the same hub, alone in its process. */
export async function startChild(url: string): Promise<{ port: number; stop(): Promise<void> }> {
  const child = fork(new URL('follower.ts', import.meta.url), [url], {
    execArgv: ['--conditions=@sse/source'],
  })
  const [port] = await once(child, 'message')
  return {
    port: port as number,
    async stop() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
