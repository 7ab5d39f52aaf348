import { parseArgs } from 'node:util'
import { type EngineName, engines } from '../engines/start-engine.ts'

export interface SoakOptions {
  engine: EngineName
  seconds: number
  /** Prints, and writes no page. */
  isDry: boolean
}

export function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', default: 'redis' },
      seconds: { type: 'string', default: '600' },
      dry: { type: 'boolean', default: false },
    },
  })
  const engine = engines.find((name) => name === values.engine)
  if (!engine) throw new Error(`--engine has to be one of ${engines.join(', ')}`)
  const seconds = Number(values.seconds)
  if (!(seconds >= 20)) throw new Error('--seconds has to be 20 or more')
  return { engine, seconds, isDry: values.dry }
}
