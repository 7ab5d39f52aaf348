import { CommandError } from '../command-error.ts'
import { EXIT } from '../exit-codes.ts'

/** Files that the process itself has open. */
const RESERVED = 60

/**
 * Checks that the process may open so many connections. Node has raised its limit to the hard one by itself.
 *
 * @throws {CommandError}
 */
export function checkOpenFiles(connections: number, limit: number = openFilesLimit()): void {
  const needed = connections + RESERVED
  if (needed <= limit) return
  throw new CommandError(`This process may open ${limit} files, and needs ${needed}`, {
    exitCode: EXIT.usage,
    next: `raise the limit with ulimit -n ${needed} (as root, or in /etc/security/limits.conf; Docker: --ulimit nofile=${needed}), or use -c ${Math.max(1, limit - RESERVED)}`,
  })
}

/** Returns `Infinity` where the system does not tell, such as on Windows. */
function openFilesLimit(): number {
  const { report: reporter } = process
  // Otherwise it looks up the names of all peers.
  Object.assign(reporter, { excludeNetwork: true })
  const report = reporter.getReport() as { userLimits?: { open_files?: { hard: number | string } } }
  return Number(report.userLimits?.open_files?.hard) || Infinity
}
