import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leads } from '@sse/test-support/entries'
import { failureOf } from '@sse/test-support/failure-of'
import { freePort } from '@sse/test-support/free-port'
import { atMost } from '@sse/test-support/read-options'
import { hasRedis, RedisServer } from '@sse/test-support/redis-server'
import { describe, expect, it } from 'vitest'
import { engineScope } from './fixtures/engine-scope.ts'

const { open, laterStop } = engineScope()

/** A server that speaks TLS alone, with a self-signed certificate. */
async function startTls(): Promise<{ url: string; ca: string }> {
  const server = laterStop(new RedisServer(await freePort(), []))
  const [key, certificate] = ['key.pem', 'cert.pem'].map((file) => join(server.folder, file)) as [
    string,
    string,
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
  await server.startAs('redis-server', [
    ...['--port', '0', '--tls-port', String(server.port), '--tls-auth-clients', 'no', '--save', ''],
    ...['--bind', '127.0.0.1', '--dir', server.folder, '--requirepass', 'secret', ...files],
  ])
  return { url: `rediss://:secret@127.0.0.1:${server.port}`, ca: readFileSync(certificate, 'utf8') }
}

describe.skipIf(!hasRedis)('TLS', { timeout: 30_000 }, () => {
  it('is used on both connections to a server whose certificate is trusted', async () => {
    const { url, ca } = await startTls()
    const engine = open({ url, tls: { ca } })
    const other = open({ url, tls: { ca } })
    await engine.append(leads(1))
    const woken = new Promise<void>((resolve) => other.onWake(resolve))
    await woken
    expect(await other.read(0, atMost(10))).toMatchObject({ head: 1 })
  })

  it('rejects a certificate that no trusted authority has signed', async () => {
    const { url } = await startTls()
    const { code, message } = await failureOf(() => open({ url }).append(leads(1)))
    expect(code).toBe('engine_failed')
    expect(message).toMatch(
      /^Redis at 127\.0\.0\.1:\d+ cannot be reached over TLS: DEPTH_ZERO_SELF_SIGNED_CERT$/,
    )
  })
})
