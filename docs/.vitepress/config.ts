import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { sidebar } from './sidebar.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** Where each Markdown file of the repository is on the site. Links between them stay as they are in the files. */
const rewrites = {
  'docs/README.md': 'overview.md',
  'docs/index.md': 'index.md',
  'docs/:folder/:page.md': ':folder/:page.md',
  'packages/:name/README.md': 'packages/:name.md',
  'examples/README.md': 'examples/index.md',
  'examples/:name/README.md': 'examples/:name.md',
}

export default defineConfig({
  title: '@sse',
  description: 'Typed Server-Sent Events for TypeScript: delivered to one person, resumed without loss.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }]],
  srcDir: '..',
  srcExclude: ['*.md', '.changeset/**', 'bench/**', 'tests/**', 'scripts/**', 'packages/test-support/**'],
  rewrites,
  cleanUrls: true,
  lastUpdated: false,
  // Every link to a page and every image is checked by the build.
  ignoreDeadLinks: [/^http:\/\/localhost\b/],
  markdown: {
    // With enough contrast for everyone.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => {
      md.core.ruler.push('links', (state) => {
        for (const block of state.tokens) linkPages(block.children ?? [], state.env.path)
      })
    },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start/getting-started' },
      { text: 'Guides', link: '/guides/notify-one-person', activeMatch: '^/guides/' },
      { text: 'Reference', link: '/reference/server-options', activeMatch: '^/reference/' },
      { text: 'Operations', link: '/operations/in-your-stack', activeMatch: '^/operations/' },
    ],
    sidebar,
    search: { provider: 'local' },
    outline: { level: [2, 3] },
  },
  vite: {
    publicDir: fileURLToPath(new URL('../public', import.meta.url)),
    resolve: {
      conditions: ['@sse/source', 'module', 'browser', 'development|production'],
      // An empty function in other people's production builds; here visitors open it.
      alias: {
        '@sse/devtools': fileURLToPath(new URL('../../packages/devtools/src/index.ts', import.meta.url)),
      },
    },
  },
})

interface Token {
  readonly type: string
  attrGet(name: string): string | null
  attrSet(name: string, value: string): void
}

/** Points links between files at the pages of the site. The name of a file that is no page stays, without a link. */
function linkPages(tokens: Token[], file: string): void {
  let isRemoved = false
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const [target = '', anchor] = (token.attrGet('href') ?? '').split('#')
      if (/^([a-z]+:|\/|$)/.test(target)) continue
      const page = pageOf(relative(repository, resolve(dirname(file), target)))
      isRemoved = page === undefined
      if (page) token.attrSet('href', `/${page}${anchor ? `#${anchor}` : ''}`)
      else remove(token)
    } else if (token.type === 'link_close' && isRemoved) {
      remove(token)
      isRemoved = false
    }
  }
}

const remove = (token: Token) => Object.assign(token, { type: 'text', tag: '', content: '', nesting: 0 })

/** The page that a file of the repository is on the site. */
function pageOf(file: string): string | undefined {
  const [folder, name, ...rest] = file.split('/')
  if (folder === 'docs') return name === 'README.md' ? 'overview.md' : [name, ...rest].join('/')
  const isPage = (folder === 'packages' || folder === 'examples') && file.endsWith('README.md')
  if (!isPage || name === 'test-support') return undefined
  return name === 'README.md' ? `${folder}/index.md` : `${folder}/${name}.md`
}
