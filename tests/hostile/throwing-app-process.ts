/** Runs the apps of `throwing-app.test.ts`, and the engines of `engine-options.test.ts`. */
import { answerCalls } from './answer-calls.ts'
import { type RunningApp, startApp } from './throwing/app.ts'
import { engineOptions, useEngine } from './throwing/engine-options.ts'
import { type Misbehave, WAYS, type Way } from './throwing/misbehave.ts'
import { findCallback } from './throwing/table.ts'

const apps = new Map<number, RunningApp>()

answerCalls({
  /** Resolves with the port, which names the app from then on. */
  async start(name: string, way: Way): Promise<number> {
    const app = await startApp(findCallback(name), WAYS[way] as Misbehave)
    apps.set(app.port, app)
    return app.port
  },
  provoke: (port: number) => apps.get(port)?.provoke(),
  published: (port: number) => apps.get(port)?.published(),
  async stop(port: number): Promise<void> {
    await apps.get(port)?.close()
    apps.delete(port)
    await new Promise((resolve) => setImmediate(resolve))
  },
  /** Uses an engine with an option that misbehaves. Resolves with what is wrong, in full sentences. */
  async engine(name: string, way: Way, url: string): Promise<string[]> {
    const option = engineOptions.find((each) => each.name === name)
    if (!option) throw new Error(`There is no option named ${name}`)
    return useEngine(option.open(url, WAYS[way] as Misbehave), option.isOptional)
  },
})
