import { expect, it } from 'vitest'
import { isLocalAddress, resolveTarget } from './allowed-hosts.ts'

it.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
])('may load %s, which is this machine or a private network', (address) =>
  expect(isLocalAddress(address)).toBe(true),
)

it.each([
  '8.8.8.8',
  '172.32.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::',
  '2001:db8::1',
  'fe80::1',
  '::ffff:8.8.8.8',
])('may not load %s, which is not', (address) => expect(isLocalAddress(address)).toBe(false))

it('resolves a host outside only if it is allowed by name', async () => {
  const url = new URL('http://192.0.2.1:3000/leads')
  await expect(resolveTarget(url, new Set())).rejects.toThrow(/192\.0\.2\.1 is outside/)
  await expect(resolveTarget(url, new Set(['192.0.2.2']))).rejects.toThrow(/outside/)
  expect(await resolveTarget(url, new Set(['192.0.2.1']))).toBe('192.0.2.1')
})

it('reports a host that does not exist', async () => {
  await expect(resolveTarget(new URL('http://no-such-host.invalid/'), new Set())).rejects.toThrow(
    /no-such-host\.invalid/,
  )
})
