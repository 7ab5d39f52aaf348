// Writes the changelog's page, docs/changelog.md: changesets that are not released, then the versions. All packages have the same.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { repository } from './pages.ts'

const read = (pattern: string) =>
  globSync(pattern, { cwd: repository })
    .sort()
    .map((file) => readFileSync(repository + file, 'utf8'))

const ofNextVersion = read('.changeset/*.md').map((text) => text.replace(/^---\n[\s\S]*?\n---\n/, '').trim())
const sections = ofNextVersion.length > 0 ? [`## Next version\n\n${ofNextVersion.join('\n\n')}`] : []

/** What each version changed, without the packages that only got newer dependencies. */
const versions = new Map<string, Set<string>>()
for (const changelog of read('packages/*/CHANGELOG.md')) {
  for (const section of changelog.split(/^## /m).slice(1)) {
    const [version = '', ...lines] = section.split('\n')
    const changes = lines.join('\n').split(/^### .*$/m)
    const known = versions.get(version) ?? new Set()
    for (const change of changes) {
      const text = change.replace(/^- Updated dependencies[\s\S]*?(?=^- |(?![\s\S]))/gm, '').trim()
      if (text) known.add(text)
    }
    versions.set(version, known)
  }
}
for (const [version, changes] of versions) sections.push(`## ${version}\n\n${[...changes].join('\n\n')}`)

writeFileSync(
  `${repository}docs/changelog.md`,
  `# Changelog\n\nWhat each version changed. All packages of a release have the same version.\n\n${sections.join('\n\n')}\n`,
)
