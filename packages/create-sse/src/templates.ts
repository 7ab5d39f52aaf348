import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Template {
  /** Name of its folder, and what `--template` takes. */
  readonly name: string
  /** What it uses, such as "Express, React". */
  readonly description: string
  readonly folder: string
}

const FOLDER = fileURLToPath(new URL('../templates', import.meta.url))

/** All templates, by name. */
export function listTemplates(): Template[] {
  return readdirSync(FOLDER)
    .map((name) => ({ name, folder: join(FOLDER, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json')))
    .map(({ name, folder }) => ({
      name,
      folder,
      description: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).description,
    }))
    .sort((a, b) => a.name.localeCompare(b.name))
}
