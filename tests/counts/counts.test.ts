import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COUNTS = fileURLToPath(new URL('../../bench/counts.ts', import.meta.url))
const GROW = fileURLToPath(new URL('grow.mjs', import.meta.url))
const SCENARIO = 'yield → write, 100 events a turn'

/** Written by the test, so that a known growth against the committed one does not matter here. */
let folder: string
const baseline = () => join(folder, 'counts.json')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sse-counts-'))
  expect((await count({}, '--write')).code).toBe(0)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the count of what the main paths execute and allocate', { timeout: 120_000 }, () => {
  it('is the same again', async () => {
    const { code, output } = await count()
    expect(output).toContain('+0.0 %')
    expect(code, output).toBe(0)
  })

  it('fails when a function executes more, and names it', async () => {
    const { code, output } = await count({ GROW: 'code' })
    expect(code).toBe(1)
    expect(output).toMatch(/yield → write, 100 events a turn: syntax tokens that run grew by \+\d\d\.\d %/)
    expect(output).toMatch(/\+\d+ {2}contract\/src\/encode\.ts encodeData {2}\(\d+ → \d+\)/)
    expect(output).toContain('accept it: run `node scripts/dev.mjs counts --write`')
  })

  it('fails when a function makes a copy of each event, and names it', async () => {
    const { code, output } = await count({ GROW: 'copy' })
    expect(code).toBe(1)
    expect(output).toMatch(/allocated bytes grew by \+\d\d\.\d %.+\n {2}\+\d+ {2}contract\/src\/encode\.ts/)
  })

  it('ignores what another version of Node allocates in its own functions, and all it allocates in another major', async () => {
    const written = readFileSync(baseline(), 'utf8')
    const major = process.versions.node.split('.')[0]
    writeFileSync(baseline(), written.replace(/"node": ".+"/, `"node": "${major}.0.0"`))
    expect((await count()).output).toContain('bytes allocated without those in Node')
    writeFileSync(baseline(), written.replace(/"node": ".+"/, '"node": "20.0.0"'))
    const { output } = await count()
    expect(output).toContain('syntax tokens that run')
    expect(output).not.toContain('bytes')
    writeFileSync(baseline(), written)
  })
})

/** Counts one scenario, with a growth of the function that encodes an event. */
function count(env: { GROW?: string } = {}, ...args: string[]): Promise<{ code: number; output: string }> {
  const grow = env.GROW ? ['--import', pathToFileURL(GROW).href] : []
  const options = ['--baseline', baseline(), '--only', SCENARIO, ...args]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=@sse/source', ...grow, COUNTS, ...options],
      { env: { ...process.env, ...env, NODE_OPTIONS: '' } },
      (error, stdout, stderr) => resolve({ code: error ? 1 : 0, output: stdout + stderr }),
    )
  })
}
