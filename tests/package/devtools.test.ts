import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProgram } from '@sse/test-support/program'
import { beforeAll, expect, inject, it } from 'vitest'

const installed = inject('installed')
const APP = `import { connect } from '@sse/client'\nconnect('/stream').on('message', console.log)\n`
const pages = {
  bare: APP,
  'with one line': `import '@sse/devtools/mount'\n${APP}`,
  'with a line of its own': `if (import.meta.env.DEV) await import('@sse/devtools/mount')\n${APP}`,
  'with a static import': `import { mountDevtools } from '@sse/devtools'\nif (import.meta.env.DEV) mountDevtools()\n${APP}`,
  'with a panel for everybody': `import { mountDevtools } from '@sse/devtools'\nmountDevtools()\n${APP}`,
}
type PageName = keyof typeof pages
const names = Object.keys(pages) as PageName[]

/** What Vite makes of each page: file names, which have a hash of their content, and their text. */
async function build(mode: 'production' | 'development'): Promise<Record<PageName, Record<string, string>>> {
  const folder = join(installed, mode)
  for (const [name, code] of Object.entries(pages)) {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, 'index.html'), '<script type="module" src="./main.js"></script>')
    writeFileSync(join(folder, name, 'main.js'), code)
  }
  const script = `
    import { build } from ${JSON.stringify(import.meta.resolve('vite'))}
    const target = 'es2022'
    for (const root of ${JSON.stringify(names)}) {
      await build({ root, mode: '${mode}', configFile: false, logLevel: 'warn', build: { target } })
    }`
  // Otherwise it is the tests' own, which no build of an app has.
  const env = { NODE_ENV: mode === 'development' ? mode : '' }
  const program = startProgram(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, env })
  expect(await program.exited, program.output).toBe(0)
  const built = names.map((name) => {
    const dist = join(folder, name, 'dist')
    const files = globSync('**/*.{js,html}', { cwd: dist }).sort()
    return [name, Object.fromEntries(files.map((file) => [file, readFileSync(join(dist, file), 'utf8')]))]
  })
  return Object.fromEntries(built)
}

let production: Awaited<ReturnType<typeof build>>
beforeAll(async () => {
  production = await build('production')
})

it.each(['with one line', 'with a line of its own', 'with a static import'] as const)(
  'a production build %s is the same, byte for byte, as without the devtools',
  (name) => {
    expect(Object.keys(production.bare).length).toBeGreaterThan(1)
    expect(production[name]).toEqual(production.bare)
  },
)

it('a production build that mounts them all the same has an empty function', () => {
  const text = Object.values(production['with a panel for everybody']).join('')
  expect(text).not.toMatch(/sse-devtools|attachShadow/)
  expect(text.length - Object.values(production.bare).join('').length).toBeLessThan(100)
})

it('a build for development has the panel', async () => {
  const development = await build('development')
  for (const name of names) {
    const hasPanel = Object.values(development[name]).some((text) => text.includes('sse-devtools'))
    expect([name, hasPanel]).toEqual([name, name !== 'bare'])
  }
})
