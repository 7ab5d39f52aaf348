import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CHECK_GROUPS } from './checks.ts'

const file = new URL('../../../../docs/guides/doctor.md', import.meta.url)
const TABLE = /(?<=<!-- checks -->\n)[\s\S]*(?=<!-- \/checks -->)/

function table(): string {
  return CHECK_GROUPS.map(({ title, checks }) => {
    const rows = checks.map(
      ({ id, meaning, fix, docs }) =>
        `| \`${id}\` | ${meaning} | ${fix} | [${docs.replace(/^.*\/|\.md.*$/g, '')}](${docs.replace(/^docs\//, '../')}) |\n`,
    )
    return `### ${title}\n\n| Check | What it means | Fix | Page |\n|---|---|---|---|\n${rows.join('')}\n`
  }).join('')
}

it('the table of checks in docs/guides/doctor.md is that of the code', () => {
  const page = readFileSync(file, 'utf8')
  if (process.env.UPDATE_DOCS === '1')
    writeFileSync(
      file,
      page.replace(TABLE, () => `\n${table()}`),
    )
  else expect(TABLE.exec(page)?.[0]).toBe(`\n${table()}`)
})
