// Packs every public package as it would be published, and lets publint and attw read the tarballs.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

const destination = resolve('node_modules/.cache/packed')
const shell = process.platform === 'win32'
rmSync(destination, { recursive: true, force: true })
mkdirSync(destination, { recursive: true })

run('pnpm', [
  '--filter',
  './packages/*',
  '--filter',
  '!@sse/test-support',
  'exec',
  'pnpm',
  'pack',
  '--pack-destination',
  destination,
])
for (const tarball of globSync(`${destination}/*.tgz`)) {
  run('publint', ['--strict', tarball])
  run('attw', ['--profile', 'esm-only', '--format', 'ascii', tarball])
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { shell, encoding: 'utf8' })
  if (status === 0) return
  console.error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`)
  process.exit(1)
}
