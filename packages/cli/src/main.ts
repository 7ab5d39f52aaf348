#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before anything is loaded: the second start on a machine is faster.
enableCompileCache()
const { run } = await import('./index.ts')
process.exitCode = await run(process.argv.slice(2))
