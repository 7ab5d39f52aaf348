import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { asUser, hasPostgres } from '@sse/test-support/postgres-programs'
import { atMost } from '@sse/test-support/read-options'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { start, open } = engineScope()

/** A server that accepts remote clients over TLS alone, with a self-signed certificate. */
async function startTls() {
  const server = await start()
  const [key, certificate] = ['server.key', 'server.crt'].map((file) => join(server.data, file)) as [
    string,
    string,
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  chmodSync(key, 0o600)
  for (const file of [key, certificate]) chownSync(file, asUser.uid ?? -1, asUser.gid ?? -1)
  await server.query(`CREATE USER app SUPERUSER PASSWORD 'secret'`)
  await server.query(`ALTER SYSTEM SET ssl = on`)
  await server.query('SELECT pg_reload_conf()')
  return {
    url: `postgres://app:secret@127.0.0.1:${server.port}/postgres`,
    ca: readFileSync(certificate, 'utf8'),
    server,
  }
}

describe.skipIf(!hasPostgres)('TLS', { timeout: 60_000 }, () => {
  it('is used on all connections to a server with a trusted certificate, and rejects any other', async () => {
    const { url, ca, server } = await startTls()
    const engine = open({ url, tls: { ca } })
    const woken = new Promise<void>((resolve) => {
      engine.onWake(resolve)
    })
    await engine.append(leads(1))
    await woken
    expect(await engine.read(0, atMost(10))).toMatchObject({ head: 1 })
    const plain = `SELECT count(*)::integer AS n FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE application_name = '@sse/postgres' AND NOT ssl`
    expect(await server.query(plain)).toEqual([{ n: 0 }])
    expect(await failureOf(() => open({ url, tls: true }).append(leads(1)))).toEqual({
      code: 'engine_failed',
      message: `Postgres at 127.0.0.1:${server.port}/postgres cannot be reached over TLS: DEPTH_ZERO_SELF_SIGNED_CERT`,
    })
  })

  it('is required of a server when `tls` is set', async () => {
    const server = await start()
    expect(await failureOf(() => open({ url: server.url, tls: true }).append(leads(1)))).toEqual({
      code: 'engine_failed',
      message: `Postgres at 127.0.0.1:${server.port}/postgres does not support TLS: switch it on there, or omit \`tls\``,
    })
  })
})
