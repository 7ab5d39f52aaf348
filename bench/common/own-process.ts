import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** Returns the CPU time of this process in milliseconds. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const COLLECTIONS = 3
const SETTLE_MS = 1_500

/** Returns this process's share of physical memory. V8 returns pages some time after they have become empty. */
export async function settledPssBytes(): Promise<number> {
  for (let time = 0; time < COLLECTIONS; time++) {
    globalThis.gc?.()
    await wait(SETTLE_MS)
  }
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
