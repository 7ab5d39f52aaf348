import type { StatementSync } from 'node:sqlite'
import { type ConnectionLimiter, useWriteAheadLog } from './connections.ts'
import { EntryWriter } from './entry-writer.ts'
import { enterProcess } from './live-processes.ts'
import { LogReader } from './log-reader.ts'
import { migrate } from './migrations.ts'
import { Presence } from './presence.ts'
import { prepareCommit, prepareCommitted } from './subscriber-commits.ts'
import { transaction } from './transaction.ts'
import { Trimming } from './trimming.ts'

/** The file's tables, and what is done with them, prepared. */
export interface Tables {
  readonly epoch: StatementSync
  readonly writer: EntryWriter
  readonly reader: LogReader
  readonly trimming: Trimming
  readonly commit: StatementSync
  readonly committed: StatementSync
  readonly presence: Presence
}

/** Makes what is missing of a file. While another connection is in the way it throws, and may be called again. */
export function setUpTables(connections: ConnectionLimiter, file: string, engine: string): Tables {
  const { writer, reader } = connections
  transaction(writer, 'immediate', () => {
    migrate(writer, file)
    enterProcess(writer, file, engine)
  })
  useWriteAheadLog(connections, file)
  return {
    epoch: writer.prepare(`SELECT value FROM sse_meta WHERE name = 'epoch'`),
    writer: new EntryWriter(writer),
    reader: new LogReader(reader),
    trimming: new Trimming(writer),
    commit: prepareCommit(writer),
    committed: prepareCommitted(reader),
    presence: new Presence(writer, reader),
  }
}
