import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@sse/test-support/http-server'
import { startProgram } from '@sse/test-support/program'
import { expect, inject, it } from 'vitest'

const sse = (args: readonly string[], cwd = inject('installed')) =>
  startProgram(join(inject('installed'), 'node_modules/.bin/sse'), args, { cwd })

it('the installed command prints its version and its commands', async () => {
  const version = sse(['--version'])
  expect(await version.exited, version.output).toBe(0)
  expect(version.output).toMatch(/^\d+\.\d+\.\d+\n$/)
  const help = sse(['help'])
  expect(await help.exited, help.output).toBe(0)
  for (const command of ['tail', 'publish', 'inspect'])
    expect(help.output).toMatch(new RegExp(`^  ${command} `, 'm'))
})

it('the command tail loads no engine and no server', () => {
  const dist = join(inject('installed'), 'node_modules/@sse/cli/dist')
  const [tail = ''] = readdirSync(dist).filter((name) => /^tail-\w+\.js$/.test(name))
  const files = new Set(['main.js', 'index.js', tail])
  const packages = new Set<string>()
  for (const file of files) {
    const text = readFileSync(join(dist, file), 'utf8')
    for (const [, name = ''] of text.matchAll(/^(?:import|export)\b[^'"]*['"]([^'"]+)['"]/gm)) {
      if (name.startsWith('./')) files.add(name.slice(2))
      else packages.add(name)
    }
  }
  expect([...packages].filter((name) => !name.startsWith('node:')).sort()).toEqual([
    '@sse/client',
    '@sse/contract',
    '@sse/contract/protocol',
    'commander',
    'picocolors',
  ])
})

it('the installed command tails a stream, publishes to a file and inspects it', async () => {
  await using server = await serve((_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('event: lead\ndata: 1\n\n')
  })
  const tail = sse(['tail', server.origin, '-n', '1'])
  expect(await tail.exited, tail.output).toBe(0)
  expect(tail.output).toContain('lead 1')
  const folder = mkdtempSync(join(tmpdir(), 'sse-cli-'))
  const publish = sse(['publish', 'sqlite:a.db', 'lead', '1', '-c', 'a', '--create'], folder)
  expect(await publish.exited, publish.output).toBe(0)
  const inspect = sse(['inspect', 'sqlite:a.db'], folder)
  expect(await inspect.exited, inspect.output).toBe(0)
  expect(inspect.output).toContain('1 event, positions 1 to 1')
  rmSync(folder, { recursive: true })
})
