// Shows what a release would put on npm: runs `npm publish --dry-run` on every packed package and prints a table.
// Every path and size is written to node_modules/.cache/packed/contents.txt.
import { spawn } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'

const packed = resolve(process.argv[2] ?? 'node_modules/.cache/packed')
const tarballs = globSync('*.tgz', { cwd: packed }).sort()
if (tarballs.length === 0) fail(`there is no tarball in ${packed}: run \`node scripts/pack.mjs\``)

const contents = []
const waiting = [...tarballs]
await Promise.all(Array.from({ length: availableParallelism() }, publishNext))
contents.sort((a, b) => a.name.localeCompare(b.name))

const columns = [
  ['package', ({ name }) => name],
  ['version', ({ version }) => version],
  ['files', ({ files }) => String(files.length)],
  ['packed', ({ size }) => kilobytes(size)],
  ['unpacked', ({ unpackedSize }) => kilobytes(unpackedSize)],
]
const rows = [columns.map(([title]) => title), ...contents.map((row) => columns.map(([, read]) => read(row)))]
const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at].length)))
for (const row of rows) {
  console.log(
    row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  '),
  )
}
const list = join(packed, 'contents.txt')
writeFileSync(
  list,
  contents
    .map(({ name, version, files }) =>
      [`${name}@${version}`, ...files.map(({ path, size }) => `${String(size).padStart(9)} ${path}`)].join(
        '\n',
      ),
    )
    .join('\n\n'),
)
console.log(`every file: ${list}`)

const versions = new Set(contents.map(({ version }) => version))
if (versions.size > 1) fail(`the versions differ: ${[...versions].join(', ')}. A release has one version.`)

async function publishNext() {
  for (let tarball = waiting.pop(); tarball; tarball = waiting.pop()) {
    // Provenance exists in the release workflow only.
    const args = [
      'publish',
      '--dry-run',
      '--json',
      '--access',
      'public',
      '--provenance=false',
      join(packed, tarball),
    ]
    contents.push(...Object.values(JSON.parse(await run('npm', args))))
  }
}

/** Resolves with what the command prints. If it fails, prints why and exits. */
function run(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { shell: process.platform === 'win32' })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text
    })
    child.on('error', (error) => fail(String(error)))
    child.on('close', (code) =>
      code === 0 ? done(output) : fail(`${command} ${args.join(' ')}\n${errors}${output}`),
    )
  })
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
