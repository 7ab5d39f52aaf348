import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { anchorCodes } from './code-anchors.ts'
import { anchorOf, linkPages } from './links.ts'
import { writeMarkdownCopies } from './llms.ts'
import { chineseSearch, locales } from './locales.ts'
import { describe, headingsOf } from './page-markdown.ts'
import { pageOf } from './pages.ts'
import { apiSidebar, sidebar } from './sidebar.ts'

export default defineConfig({
  title: '@sse',
  description: 'Typed Server-Sent Events for TypeScript: delivered to one person, resumed without loss.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }]],
  srcDir: '..',
  srcExclude: [
    '*.md',
    '.changeset/**',
    'bench/**',
    'tests/**',
    'scripts/**',
    'packages/test-support/**',
    '{packages,examples}/*/*/**',
  ],
  rewrites: (file) => pageOf(file) ?? file,
  locales: locales(),
  cleanUrls: true,
  buildEnd: writeMarkdownCopies,
  transformPageData: (page, { siteConfig }) => {
    if (page.description || !page.filePath) return
    return { description: describe(readFileSync(`${siteConfig.srcDir}/${page.filePath}`, 'utf8')) }
  },
  // The theme adds these classes once it runs, which would move the bar.
  transformHtml: (html) => {
    const classes = html.includes('class="VPSidebar"') ? 'has-sidebar top' : 'home top'
    return html.replace('class="VPNavBar"', `class="VPNavBar ${classes}"`)
  },
  transformHead: ({ title, description, pageData }) => [
    ['meta', { property: 'og:title', content: title }],
    ['meta', { property: 'og:description', content: description }],
    [
      'meta',
      { property: 'og:type', content: pageData.frontmatter.layout === 'home' ? 'website' : 'article' },
    ],
    ['link', { rel: 'alternate', type: 'text/markdown', href: `/${pageData.relativePath}` }],
  ],
  lastUpdated: false,
  // Every link to a page and every image is checked by the build.
  ignoreDeadLinks: [/^http:\/\/localhost\b/],
  markdown: {
    // With enough contrast for everyone.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: anchorOf },
    config: (md) => {
      linkPages(md)
      anchorCodes(md)
    },
  },
  themeConfig: {
    i18nRouting: false,
    nav: [
      { text: 'Getting started', link: '/start/getting-started', activeMatch: '^/start/' },
      { text: 'Guides', link: '/guides/notify-one-person', activeMatch: '^/guides/' },
      { text: 'Reference', link: '/reference/server-options', activeMatch: '^/(reference|api)/' },
      { text: 'Operations', link: '/operations/in-your-stack', activeMatch: '^/operations/' },
    ],
    sidebar: { '/': sidebar(), '/api/': apiSidebar() },
    search: {
      provider: 'local',
      options: {
        locales: { zh: chineseSearch },
        // Of the API reference, names: its types and tables would be half of the index.
        _render: (text, env, md) =>
          md.render(env.relativePath.startsWith('docs/api/') ? headingsOf(text) : text, env),
      },
    },
    notFound: {
      title: 'No page has this address',
      quote: 'The search finds words of every page.',
      linkText: 'Go to the landing page',
      linkLabel: 'Go to the landing page',
    },
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
