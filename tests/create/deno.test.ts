import { describe } from 'vitest'
import { requireBinary } from '../runtimes/binary.ts'
import { driveTemplate } from './drive.ts'
import { inPath } from './in-path.ts'

const deno = requireBinary('deno', 'deno')

describe.skipIf(!deno)('on Deno', () => {
  driveTemplate('deno', { command: (script) => ['deno', 'task', script], env: inPath(deno) })
})
