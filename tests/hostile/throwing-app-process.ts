/** Runs the apps of `throwing-app.test.ts`, one after the other. */
import { answerCalls } from './answer-calls.ts'
import { type RunningApp, startApp } from './throwing/app.ts'
import { callbacks } from './throwing/callbacks.ts'
import { engines } from './throwing/engine-verbs.ts'
import { type Misbehave, WAYS, type Way } from './throwing/misbehave.ts'
import { sources } from './throwing/sources.ts'

let app: RunningApp | undefined

answerCalls({
  /** Resolves with the port. */
  async start(name: string, way: Way): Promise<number> {
    await app?.close() // of a test that ended early
    const callback = [...sources, ...callbacks, ...engines].find((each) => each.name === name)
    if (!callback) throw new Error(`There is no callback named ${name}`)
    app = await startApp(callback, WAYS[way] as Misbehave)
    return app.port
  },
  provoke: () => app?.provoke(),
  published: () => app?.published(),
  async stop(): Promise<void> {
    await app?.close()
    await new Promise((resolve) => setImmediate(resolve))
  },
})
