// Files that list packages: a new package must not be missing in one of them.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const readJson = (file) => JSON.parse(readFileSync(resolve(root, file), 'utf8'))
const find = (pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' })

const packages = find('packages/*/package.json').map((file) => ({
  folder: dirname(file),
  manifest: readJson(file),
}))
const published = packages.filter(({ manifest }) => !manifest.private)
const referencesOf = (file) => readJson(file).references.map(({ path }) => path)

it('tsconfig.json refers to every folder that contains TypeScript', () => {
  const folders = find('{packages/*,examples/*,tests,bench,docs}').filter(
    (folder) => find(`${folder}/{,.vitepress/}**/*.{ts,tsx}`).length > 0,
  )
  expect(referencesOf('tsconfig.json').sort()).toEqual(folders.map((folder) => `./${folder}`).sort())
  for (const folder of folders) expect(existsSync(`${root}/${folder}/tsconfig.json`), folder).toBe(true)
})

it('tsconfig.build.json refers to every published package', () => {
  const configs = published.map(({ folder }) => `./${folder}/tsconfig.build.json`)
  expect(referencesOf('tsconfig.build.json').sort()).toEqual(configs.sort())
})

it('all published packages have the same version', () => {
  const names = published.map(({ manifest }) => manifest.name)
  expect(readJson('.changeset/config.json').fixed).toEqual([names.sort()])
})
