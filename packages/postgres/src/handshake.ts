import { failed, unavailable } from '@sse/server/engine-kit'
import type { PostgresConnection } from './connection.ts'

const MIN_VERSION = 14

/**
 * Checks a server before its first use: version, encoding and role.
 *
 * @throws {SseError} `engine_failed`; `engine_unavailable` for a standby.
 */
export async function checkServer(
  connection: PostgresConnection,
  warn: (message: string) => void,
): Promise<void> {
  const { where } = connection
  const [row] = await connection.query(
    `SELECT current_setting('server_version'), current_setting('server_version_num')::integer,
       current_setting('server_encoding'), pg_is_in_recovery(), current_setting('fsync')`,
  )
  const [version, number, encoding, isStandby, fsync] = row ?? []
  if (Number(number) < MIN_VERSION * 10_000) {
    throw failed(
      `Postgres ${version} at ${where} is not supported: version ${MIN_VERSION} or later is required`,
    )
  }
  if (encoding !== 'UTF8') {
    throw failed(`The database of Postgres at ${where} is encoded in ${encoding}: UTF8 is required`)
  }
  if (isStandby) throw unavailable(`Postgres at ${where} is a standby: waiting for a primary`)
  if (fsync === 'off') {
    warn(
      `Postgres at ${where} runs with fsync = off: a power cut loses acknowledged events, or the whole database`,
    )
  }
}
