import { existsSync, globSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const example = fileURLToPath(new URL('..', import.meta.url))
const dist = join(example, 'dist')

/**
 * The folder of the page, built with Vite unless the last build is of these very sources.
 *
 * A build of your own app belongs into its deployment; here it saves the newcomer a command.
 */
export async function buildPage(): Promise<string> {
  const name = `page-${newestChange().toString(36)}`
  const folder = join(dist, name)
  if (existsSync(folder)) return folder

  console.log('Building the page…')
  // Aside first, so that a build that was interrupted is not taken for one.
  const aside = join(dist, `building-${process.pid}`)
  mkdirSync(dist, { recursive: true })
  const { build } = await import('vite')
  await build({
    configFile: join(example, 'vite.config.ts'),
    configLoader: 'native',
    logLevel: 'warn',
    build: { outDir: aside, emptyOutDir: true },
  })
  try {
    renameSync(aside, folder)
  } catch (error) {
    // Another process may have built the same in the meantime.
    rmSync(aside, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  for (const old of readdirSync(dist)) {
    if (old.startsWith('page-') && old !== name) rmSync(join(dist, old), { recursive: true, force: true })
  }
  return folder
}

/** When a source of the page has changed last, in milliseconds since 1970. */
function newestChange(): number {
  const folders = [
    join(example, 'web'),
    join(example, 'shared'),
    dirname(fileURLToPath(import.meta.resolve('@sse/client'))),
    dirname(fileURLToPath(import.meta.resolve('@sse/contract'))),
    dirname(fileURLToPath(import.meta.resolve('@sse/react'))),
  ]
  const files = folders.flatMap((folder) =>
    globSync('**/*', { cwd: folder }).map((file) => join(folder, file)),
  )
  const times = [...files, join(example, 'vite.config.ts'), join(example, 'package.json')].map(
    (file) => statSync(file).mtimeMs,
  )
  return Math.floor(Math.max(...times))
}
