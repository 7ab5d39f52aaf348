import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '@sse/test-support/free-port'
import { requireProgram } from '@sse/test-support/require-program'

/** Whether what the example starts is on this machine. */
export const hasPrograms = ['redis-server', 'haproxy'].map(requireProgram).every((path) => path !== undefined)

/** The example as its own `start` script runs it, with a terminal's Enter. */
export async function startCluster() {
  const cwd = fileURLToPath(new URL('../../examples/cluster', import.meta.url))
  const port = await freePort()
  const child = spawn(process.execPath, ['--conditions=@sse/source', 'cluster.ts'], {
    cwd,
    env: { ...process.env, PORT: String(port) },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const says = async (text: string) => {
    for (;;) {
      const { done, value } = await lines.next()
      if (done) throw new Error(`the cluster ended without saying ${text}`)
      if (value.includes(text)) return
    }
  }
  await says('Open')
  return {
    origin: `http://127.0.0.1:${port}`,
    async restart() {
      child.stdin.write('\n')
      await says('server 2 was restarted')
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
