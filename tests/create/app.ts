import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from '@sse/test-support/free-port'
import { type Program, startProgram } from '@sse/test-support/program'
import { expect, inject } from 'vitest'

export interface App extends Disposable {
  readonly folder: string
  readonly port: number
  readonly origin: string
  /** Runs one of the scripts of its package.json until it ends; expects that it succeeds. */
  run(script: string): Promise<string>
  /** Starts it, such as with `start`, and waits until its API answers. */
  serve(script: string): Promise<Program>
}

export interface AppOptions {
  /** Environment of its scripts, beside `PORT` and `ROOM_DB`. */
  readonly env?: Readonly<Record<string, string>>
  /** How to run a script, for templates that are not started by npm. Default: `npm run <script>`. */
  readonly command?: (script: string) => readonly [command: string, ...args: string[]]
}

/** Vitest's variables: with them, frameworks build and serve for tests of components. */
const WITHOUT_VITEST = ['NODE_ENV', 'VITEST', 'TEST', 'MODE', 'DEV', 'PROD', 'SSR', 'BASE_URL'].flatMap(
  (name) => ['-u', name],
)

/** Creates an app with the packed `create-sse`, as a person would, outside the repository. pnpm installs fastest. */
export async function createApp(template: string, options: AppOptions = {}): Promise<App> {
  const parent = mkdtempSync(join(tmpdir(), 'sse-create-'))
  const folder = join(parent, 'my-app')
  const creating = startProgram(
    join(inject('creator'), 'node_modules/.bin/create-sse'),
    [folder, '--template', template, '--tarballs', dirname(inject('tarballs')[0] ?? '')],
    {
      cwd: parent,
      env: {
        npm_config_user_agent: 'pnpm/12',
        pnpm_config_prefer_offline: 'true',
        // Hard links share their times with every other installation: `node --watch` restarts when one of those changes.
        pnpm_config_package_import_method: 'copy',
      },
    },
  )
  expect(await creating.exited, creating.output).toBe(0)
  const port = await freePort()
  // Some development servers listen on IPv6 only.
  const origin = `http://localhost:${port}`
  const command = options.command ?? ((script) => ['npm', 'run', script])
  const start = (script: string) => {
    const env = { PORT: String(port), ROOM_DB: join(parent, 'room.db'), ...options.env }
    return startProgram('env', [...WITHOUT_VITEST, ...command(script)], { cwd: folder, env })
  }
  return {
    folder,
    port,
    origin,
    async run(script) {
      const program = start(script)
      expect(await program.exited, program.output).toBe(0)
      return program.output
    },
    async serve(script) {
      const program = start(script)
      let hasExited = false
      program.exited.then(() => {
        hasExited = true
      })
      const answers = () =>
        fetch(`${origin}/api/online`).then(
          (response) => response.ok,
          () => false,
        )
      try {
        await expect
          .poll(async () => hasExited || (await answers()), { timeout: 180_000, interval: 50 })
          .toBe(true)
      } catch (error) {
        await program.stop('SIGKILL')
        throw new Error(`${script} does not answer:\n${program.output}`, { cause: error })
      }
      if (hasExited) throw new Error(`${script} ended before it listened:\n${program.output}`)
      return program
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  }
}
