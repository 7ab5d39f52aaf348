import { fileURLToPath } from 'node:url'
import { type ProgramServer, startProgramServer } from '@sse/test-support/program-server'

export const exampleFolder: string = fileURLToPath(new URL('../../../examples/fastapi', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))

/** Shortens the pause between two pings of FastAPI and sse-starlette from 15 s to 0.2 s. */
const HURRY = `
import fastapi.routing
fastapi.routing._PING_INTERVAL = 0.2
try:
    from sse_starlette import EventSourceResponse
    EventSourceResponse.DEFAULT_PING_INTERVAL = 0.2
except ImportError:
    pass
`

/** Starts one of the apps in this folder, or `main` of the example, as uvicorn does. */
export function startApp(
  python: string,
  module: string,
  env: Record<string, string> = {},
): Promise<ProgramServer> {
  const start = (port: number) => `${HURRY}
import uvicorn
options = {'timeout_graceful_shutdown': 1} if uvicorn.__version__ > '0.22' else {}
uvicorn.run('${module}:app', host='127.0.0.1', port=${port}, log_level='warning', **options)`
  const cwd = module === 'main' ? exampleFolder : here
  return startProgramServer(python, (port) => ['-B', '-c', start(port)], { cwd, env })
}
