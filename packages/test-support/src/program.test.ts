import { expect, it } from 'vitest'
import { startProgram } from './program.ts'
import { until } from './until.ts'

const node = (script: string) => startProgram(process.execPath, ['-e', script])

it('collects what a program prints, on both streams, and resolves with its exit code', async () => {
  const program = node('console.log("out"); console.error("err"); process.exitCode = 3')
  expect(await program.exited).toBe(3)
  expect(program.output).toContain('out')
  expect(program.output).toContain('err')
})

it('waits for a pattern in the output', async () => {
  await using program = node('setTimeout(() => console.log("port 4711"), 20); setInterval(() => {}, 1000)')
  expect((await program.says(/port (\d+)/))[1]).toBe('4711')
  expect((await program.says(/port/))[0]).toBe('port')
})

it('rejects with the output when the program exits without the pattern', async () => {
  await expect(node('console.log("bye")').says(/listening/)).rejects.toThrow(/listening.*\nbye/)
})

it('reports a program that cannot be started', async () => {
  const program = startProgram('/no/such/program', [])
  expect(await program.exited).toBe(null)
  expect(program.output).toContain('ENOENT')
})

it('ends the processes that the program has started as well', async () => {
  const program = node(`
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    console.log('child', child.pid)
  `)
  const [, pid] = await program.says(/child (\d+)/)
  await program.stop()
  await until(() => !isRunning(Number(pid)), 'the child has ended')
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
