import { isAbsolute } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { missing, requireProgram, requirePythonPackages } from './require-program.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it('finds a program on the PATH', () => {
  expect(requireProgram('sh')).toSatisfy(isAbsolute)
})

it('returns undefined for a missing program and warns about it', () => {
  vi.stubEnv('CI', '')
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  expect(requireProgram('no-such-program')).toBe(undefined)
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('no-such-program: not found'))
})

it('throws for a missing program in CI', () => {
  vi.stubEnv('CI', 'true')
  expect(() => requireProgram('no-such-program')).toThrow('no-such-program: not found')
  expect(() => missing('anything')).toThrow('anything: not found')
})

it('only warns in CI about Python packages that could not be installed', () => {
  vi.stubEnv('CI', 'true')
  vi.stubEnv('WITHOUT_PYTHON_PACKAGES', '1')
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  if (requirePythonPackages() === undefined)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('SKIPPED Python with the packages'))
})
