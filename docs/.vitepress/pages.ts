import { fileURLToPath } from 'node:url'

/** Folder of the repository. Markdown files and links stay as they are in it. */
export const repository: string = fileURLToPath(new URL('../../', import.meta.url))

/** The page on the site that a file of the repository becomes, such as `guides/hooks.md`. `undefined` for other files. */
export function pageOf(file: string): string | undefined {
  if (!file.endsWith('.md')) return undefined
  const [folder, name = '', ...rest] = file.split('/')
  if (folder === 'docs') return file === 'docs/README.md' ? 'overview.md' : file.slice('docs/'.length)
  const isPage = (folder === 'packages' || folder === 'examples') && file.endsWith('README.md')
  if (!isPage || name === 'test-support' || rest.length > 1) return undefined
  return name === 'README.md' ? `${folder}/index.md` : `${folder}/${name}.md`
}
