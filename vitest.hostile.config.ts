import { defineConfig } from 'vitest/config'
import { resolveSource, shared } from './vitest.shared.ts'

// Attacks on a server process, one after the other because they measure delays, run by `pnpm hostile`: see docs/operations/security-model.md#run-the-attacks.
export default defineConfig({
  ...resolveSource,
  test: { ...shared, maxWorkers: 1, name: 'hostile', root: 'tests', include: ['hostile/**/*.test.ts'] },
})
