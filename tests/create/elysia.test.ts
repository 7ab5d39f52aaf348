import { describe } from 'vitest'
import { requireBinary } from '../runtimes/binary.ts'
import { driveTemplate } from './drive.ts'
import { inPath } from './in-path.ts'

const bun = requireBinary('bun', 'bin/bun')

describe.skipIf(!bun)('on Bun', () => {
  driveTemplate('elysia', { build: undefined, command: (script) => ['bun', 'run', script], env: inPath(bun) })
})
