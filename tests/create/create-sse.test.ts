import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram } from '@sse/test-support/program'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'

const templates = readdirSync(
  fileURLToPath(new URL('../../packages/create-sse/templates', import.meta.url)),
).sort()
const tarballs = dirname(inject('tarballs')[0] ?? '')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sse-create-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function create(
  args: readonly string[],
  manager = 'npm',
): Promise<{ code: number | null; output: string }> {
  const program = startProgram(join(inject('creator'), 'node_modules/.bin/create-sse'), args, {
    cwd: folder,
    env: { npm_config_user_agent: `${manager}/11` },
  })
  return { code: await program.exited, output: program.output }
}

const manifestOf = (app: string) => JSON.parse(readFileSync(join(folder, app, 'package.json'), 'utf8'))

it.each(templates)(
  '%s becomes an app with the name of its folder and the packages of this release',
  async (template) => {
    const { code, output } = await create([`my-${template}`, '--template', template, '--no-install'])
    expect(code, output).toBe(0)
    expect(output).toContain(`cd my-${template}`)
    const { name, description, scripts, dependencies, devDependencies } = manifestOf(`my-${template}`)
    expect({ name, description }).toEqual({ name: `my-${template}`, description: undefined })
    expect(scripts.dev ?? scripts.start).toBeTruthy()
    const { version } = JSON.parse(
      readFileSync(join(inject('creator'), 'node_modules/create-sse/package.json'), 'utf8'),
    )
    const own = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
      name.startsWith('@sse/'),
    )
    expect(own.length).toBeGreaterThan(2)
    for (const [name, range] of own) expect(range, name).toBe(`^${version}`)
    const files = readdirSync(join(folder, `my-${template}`))
    expect(files).toContain('.gitignore')
    expect(files).toContain('README.md')
    expect(files.filter((file) => /^_|node_modules|\.db|^pnpm-/.test(file))).toEqual([])
  },
)

it('npm installs an app from the packed packages, as the pages of the documentation say', async () => {
  const { code, output } = await create(['my-app', '--template', 'express-react', '--tarballs', tarballs])
  expect(code, output).toBe(0)
  for (const name of ['@sse/react', '@sse/client', 'express', 'vite'])
    expect(existsSync(join(folder, 'my-app/node_modules', name, 'package.json')), name).toBe(true)
})

it('a wrong argument says what is possible, and writes nothing', async () => {
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'full'))
  writeFileSync(join(folder, 'full/index.ts'), 'mine')
  const names = templates.join(', ')
  const cases: [args: string[], said: string | RegExp][] = [
    [[], `create-sse my-app --template <name>, with one of: ${names}`],
    [['my-app'], `with one of: ${names}`],
    [['my-app', '--template', 'next.js'], `no template \`next.js\`. Choose one of: ${names}`],
    [['my-app', '--template', '../express-react'], 'There is no template'],
    [['full', '--template', 'express-react'], 'has files already, such as index.ts'],
    [['file', '--template', 'express-react'], 'is a file'],
    [['My App', '--template', 'express-react'], 'A package cannot be called `My App`'],
    [['', '--template', 'express-react'], 'needs a name'],
    [['my-app', '--template', 'express-react', '--tarballs', folder], 'no packed package'],
    [['my-app', '--templete', 'express-react'], "unknown option '--templete'"],
    [['my-app', 'another', '--template', 'express-react'], 'too many arguments'],
  ]
  for (const [args, said] of cases) {
    const { code, output } = await create(args)
    expect(output.replace(/\s*\n│?\s*/g, ' '), args.join(' ')).toMatch(said)
    expect(code, args.join(' ')).toBe(2)
  }
  expect(readdirSync(folder).sort()).toEqual(['file', 'full'])
  expect(readFileSync(join(folder, 'full/index.ts'), 'utf8')).toBe('mine')
})

it('an installation that fails says why, and what to do', async () => {
  const broken = join(folder, 'broken')
  mkdirSync(broken)
  const names = readdirSync(tarballs).filter((name) => name.startsWith('sse-'))
  for (const name of names) writeFileSync(join(broken, name), 'not a tarball')
  const { code, output } = await create(
    ['my-app', '--template', 'express-react', '--tarballs', broken],
    'pnpm',
  )
  expect(code).toBe(1)
  expect(output).toMatch(/Failed to resolve[\s\S]*Run `pnpm install` there once the cause above is gone/)
  expect(existsSync(join(folder, 'my-app/package.json'))).toBe(true)
})

it('all templates look alike', () => {
  const styles = templates.flatMap((name) => {
    const root = fileURLToPath(new URL(`../../packages/create-sse/templates/${name}`, import.meta.url))
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => /(^|\/)(style|styles|global|globals)\.css$/.test(file) && !/node_modules|^\./.test(file),
      )
      .map((file) => readFileSync(join(root, file), 'utf8'))
  })
  expect(new Set(styles).size).toBe(1)
})
