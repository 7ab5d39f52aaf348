// node main.ts: serves the function in `dist` of the folder it runs in, on `PORT`.
import { join } from 'node:path'
import { serveFunction } from './emulator.ts'

const { PORT, TIMEOUT_MS = '60000' } = process.env
serveFunction(
  { root: join(process.cwd(), 'dist'), handler: 'function.handler', timeoutMs: Number(TIMEOUT_MS) },
  Number(PORT),
)
