import { siteLink } from './links.ts'

const FENCE = /(^ {0,3}(?:```|~~~)[\s\S]*?^ {0,3}(?:```|~~~)[^\S\n]*$)/m
const LINK = /(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^)\s]+)(?: "[^"]*")?\)/g

/** A page without what only the site understands, with links from the root of the site to other copies. */
export function pageMarkdown(text: string, file: string, base: string): string {
  return withoutMatter(text)
    .split(FENCE)
    .map((part, index) => (index % 2 === 1 ? part : prosePart(part, file, base)))
    .join('')
    .trim()
    .concat('\n')
}

function prosePart(text: string, file: string, base: string): string {
  return text
    .replace(/ \{#[\w-]+\}$/gm, '')
    .replace(/<a id="[^"]*"><\/a> ?/g, '')
    .replace(/^<\/?[A-Z][^>]*>\n+/gm, '')
    .replace(/^<!-- .* -->\n+/gm, '')
    .replace(LINK, (_, image: string, label: string, href: string) => {
      const link = image ? undefined : siteLink(href, file)
      if (link === undefined) return label
      return `[${label}](${link.startsWith('/') ? base + link.slice(1) : link})`
    })
}

/** Front matter is YAML for the site. Its texts are the start of the landing page. */
function withoutMatter(text: string): string {
  const [matter] = text.match(/^---\n[\s\S]*?\n---\n/) ?? ['']
  const [, title] = matter.match(/^title: "?(.+?)"?$/m) ?? []
  const [, tagline] = matter.match(/^ {2}tagline: (.+)$/m) ?? []
  const body = text.slice(matter.length)
  return tagline ? `# ${title}\n\n${tagline}\n${body}` : body
}

/** First paragraph of a page, as text, up to 160 characters: what search engines show of it. */
export function describe(markdown: string): string {
  const [paragraph = ''] = withoutMatter(markdown)
    .split(FENCE)
    .filter((_, index) => index % 2 === 0)
    .join('\n\n')
    .split(/\n\s*\n/)
    .filter((part) => /^[\p{L}`*@[]/u.test(part.trim()))
  const text = paragraph
    .replace(LINK, '$2')
    .replace(/[`*]|\\(?=\W)/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/:$/, '.')
  if (text.length <= 160) return text
  const sentences = text.slice(0, 160).match(/^.*[.:!?。](?=\s|$)/)?.[0]
  return sentences && sentences.length > 60 ? sentences : `${text.slice(0, 157).replace(/\s+\S*$/, '')} …`
}

/** Heading of a page. */
export function titleOf(markdown: string): string | undefined {
  return markdown.match(/^# (.+?)(?: \{#.*\})?$/m)?.[1]?.replaceAll('`', '')
}

/** Headings of a generated page that are names: of the page, its groups, its exports and their members. */
export const headingsOf = (markdown: string): string =>
  (markdown.match(/^(?:#{1,3}|#{5}) .*$/gm) ?? []).join('\n\n')
