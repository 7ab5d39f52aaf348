import { defineConfig } from 'vitest/config'
import { resolveSource, shared } from './vitest.shared.ts'

// Attacks on a server process, run by `pnpm hostile`: see docs/operations/security-model.md#run-the-attacks. One file
// after the other, because they measure delays.
export default defineConfig({
  ...resolveSource,
  test: {
    ...shared,
    maxWorkers: 1,
    name: 'hostile',
    root: 'tests',
    include: ['hostile/**/*.test.ts'],
    // Memory is measured as it is without.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  },
})
