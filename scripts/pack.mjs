// Packs every public package as it would be published, and lets publint and attw check the tarballs.
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const destination = resolve('node_modules/.cache/packed')
const shell = process.platform === 'win32'
rmSync(destination, { recursive: true, force: true })
mkdirSync(destination, { recursive: true })

const published = ['--filter', './packages/*', '--filter', '!@sse/test-support']
await run('pnpm', [...published, 'exec', 'pnpm', 'pack', '--pack-destination', destination])
const tarballs = globSync(`${destination}/*.tgz`)
await Promise.all(Array.from({ length: availableParallelism() }, checkTarballs))

async function checkTarballs() {
  for (let tarball = tarballs.pop(); tarball; tarball = tarballs.pop()) {
    await lint(tarball)
    await run('attw', ['--profile', 'esm-only', '--format', 'ascii', tarball])
  }
}

/** Prints what publint finds in a tarball, and exits if it finds anything. */
async function lint(tarball) {
  const { buffer } = new Uint8Array(readFileSync(tarball))
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true })
  const found = messages.filter((message) => !isOfTemplate(message))
  if (found.length === 0) return
  console.error(`publint ${tarball}\n${found.map((message) => formatMessage(message, pkg)).join('\n')}`)
  process.exit(1)
}

/** A template's package.json is nested in the tarball, but is the root of the app that is created from it. */
function isOfTemplate({ code, args }) {
  return code === 'NESTED_PACKAGE_JSON_FIELD_IGNORED' && args.filePath.startsWith('./templates/')
}

/** Resolves once the command has succeeded. If it fails, prints its output and exits. */
function run(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.on('error', (error) => fail(String(error)))
    child.on('close', (code) => (code === 0 ? done() : fail(output)))
    function fail(message) {
      console.error(`${command} ${args.join(' ')}\n${message}`)
      process.exit(1)
    }
  })
}
