import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))
const client = createRequire(join(packages, 'client/package.json'))

/** Folders that a page server has to serve under these names, for a page with `importMap`. */
export const folders: Record<string, string> = {
  client: join(packages, 'client/dist'),
  contract: join(packages, 'contract/dist'),
  parser: dirname(client.resolve('eventsource-parser')),
}

/** Script element that lets a page import the built client without a bundler. */
export const importMap: string = `<script type="importmap">${JSON.stringify({
  imports: { ...entries('client'), ...entries('contract'), 'eventsource-parser': '/parser/index.js' },
})}</script>`

/** Maps each entry of a package to the URL of its built file. */
function entries(name: 'client' | 'contract'): Record<string, string> {
  const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'))
  return Object.fromEntries(
    Object.entries<{ default?: string }>(exports).flatMap(([entry, { default: file }]) =>
      file ? [[`@sse/${name}${entry.slice(1)}`, file.replace('./dist', `/${name}`)]] : [],
    ),
  )
}
