import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { repository } from '../pages.ts'

/** One module that users import. */
export interface Entry {
  /** What users import, such as `@sse/server/express`. */
  readonly specifier: string
  /** Its source, such as `packages/server/src/adapters/express.ts`. */
  readonly source: string
  /** Its page in docs/api, such as `server/express`. */
  readonly page: string
}

interface Package {
  readonly name: string
  readonly description: string
  readonly entries: Entry[]
}

type Target = string | { readonly '@sse/source'?: string | { readonly default: string } }

/** Every published package with its entries, read from its `package.json`. */
export const packages: Package[] = globSync('packages/*/package.json', { cwd: repository })
  .sort()
  .map((file) => ({ file, manifest: JSON.parse(readFileSync(repository + file, 'utf8')) }))
  .filter(({ manifest }) => !manifest.private)
  .map(({ file, manifest: { name, description, exports } }) => ({
    name,
    description,
    entries: Object.entries<Target>(exports ?? {}).flatMap(([path, target]) => {
      const source = sourceOf(target)
      const specifier = name + path.slice(1)
      return source
        ? [{ specifier, source: dirname(file) + source.slice(1), page: specifier.replace('@sse/', '') }]
        : []
    }),
  }))
  .filter(({ entries }) => entries.length > 0)

function sourceOf(target: Target): string | undefined {
  const source = typeof target === 'object' ? target['@sse/source'] : undefined
  return typeof source === 'object' ? source.default : source
}
