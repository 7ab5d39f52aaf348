import { failed, unavailable } from '@sse/server/engine-kit'
import type { Connection } from './connection.ts'

const MIN_VERSION = 14

/** Looks at a server before it is used: that it is new enough, primary, and keeps text as it is. */
export async function greet(connection: Connection, warn: (message: string) => void): Promise<void> {
  const { where } = connection
  const [row] = await connection.query(
    `SELECT current_setting('server_version'), current_setting('server_version_num')::integer,
       current_setting('server_encoding'), pg_is_in_recovery(), current_setting('fsync')`,
  )
  const [version, number, encoding, isStandby, fsync] = row ?? []
  if (Number(number) < MIN_VERSION * 10_000) {
    throw failed(`Postgres at ${where} is version ${version}: ${MIN_VERSION} is the least`)
  }
  if (encoding !== 'UTF8') {
    throw failed(`The database of Postgres at ${where} is encoded in ${encoding}: it has to be UTF8`)
  }
  if (isStandby) throw unavailable(`Postgres at ${where} is a standby: waiting for a primary`)
  if (fsync === 'off') {
    warn(
      `Postgres at ${where} runs with fsync = off: a power cut takes what was acknowledged, or the whole database`,
    )
  }
}
