import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const modules = join(inject('installed'), 'node_modules')
const packages = [
  ...readdirSync(join(modules, '@sse')).map((name) => ({ name: `@sse/${name}`, modules })),
  { name: 'create-sse', modules: join(root, 'packages') },
]

// As npm shows it: the file in the tarball, without the repository around it.
describe.each(packages)('the page of $name', ({ name, modules }) => {
  const text = readFileSync(join(modules, name, 'README.md'), 'utf8')

  it('has the package’s name as its title, and an example', () => {
    expect(text.split('\n')[0]).toBe(`# ${name}`)
    expect(text).toMatch(/^```(tsx?|svelte|sh)$/m)
  })

  it('says how to install what its first example imports', () => {
    const [command = ''] = text.match(/^(npm install|npm create|npx) .*$/m) ?? []
    expect(command).toContain(name.replace('create-sse', 'create sse'))
    const [example = ''] = text.match(/^```tsx?\n[\s\S]*?^```$/m) ?? []
    const imported = [...example.matchAll(/from '(@sse\/[\w-]+)/g)].map(([, other]) => other as string)
    expect(imported.filter((other) => !command.includes(other))).toEqual([])
  })

  it('has no link that leads out of the package to a file', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^(https:|#)/.test(link))).toEqual([])
  })

  it('names only files of the repository that exist', () => {
    const files = [...text.matchAll(/`((?:docs|examples)\/[\w./-]+)`/g)].map(([, file = '']) => file)
    expect(files.filter((file) => !existsSync(root + file))).toEqual([])
  })
})
