import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  BYTES_PER_CONNECTION,
  BYTES_PER_REQUEST,
  CONSTANT_BYTES,
  KEPT_CONSTANT_BYTES,
  RING_BYTES,
} from './attack.ts'
import { startChild } from './child-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(root + file, 'utf8')

describe('this suite', () => {
  it('reports what is thrown or rejected unhandled in a process that it has started', async () => {
    await using child = await startChild('failing-process.ts')
    await child.call('fail')
    expect(child.failures).toEqual([
      expect.stringMatching(/^uncaughtException: Error: thrown/),
      expect.stringMatching(/^unhandledRejection: Error: rejected/),
    ])
  })

  it('reports a process that has ended by itself', async () => {
    await using child = await startChild('failing-process.ts')
    await expect(child.call('exit')).rejects.toThrow('failing-process.ts exited with 3')
    expect(child).toMatchObject({ isAlive: false, failures: [expect.stringContaining('exited with 3')] })
  })

  it('allows what the page about security states', () => {
    const page = read('docs/operations/security-model.md')
    const [mi, ki] = [1_024 * 1_024, 1_024]
    expect(page).toContain(`| the ring | ${RING_BYTES / mi} MiB |`)
    expect(page).toContain(`| each open connection | ${BYTES_PER_CONNECTION / ki} KiB,`)
    expect(page).toContain(`| ${BYTES_PER_REQUEST / ki} KiB |`)
    expect(page).toContain(
      `${CONSTANT_BYTES / mi} MiB, of which at most ${KEPT_CONSTANT_BYTES / mi} MiB are in use`,
    )
  })
})

describe('every project', () => {
  const configs = globSync(['vitest*.ts', 'tests/vitest*.ts', 'packages/*/vitest*.ts'], { cwd: root })

  it.for(configs)('%s fails on an unhandled rejection', (config) => {
    // That is what Vitest does unless it is told otherwise.
    expect(read(config)).not.toMatch(/dangerouslyIgnoreUnhandledErrors|onUnhandledError/)
  })

  it('starts no process that ignores unhandled rejections, except those of this suite, which reports them', () => {
    const files = globSync(['{packages,tests,bench,examples,scripts}/**/*.{ts,mjs}'], {
      cwd: root,
      exclude: ['**/node_modules/**', '**/dist/**', 'tests/hostile/**'],
    })
    expect(files.length).toBeGreaterThan(500)
    expect(files.filter((file) => /'unhandledRejection'|unhandled-rejections/.test(read(file)))).toEqual([])
  })
})
