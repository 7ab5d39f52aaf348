// Writes where the packages come from into their package.json: `repository`, `homepage` and `bugs`, which npm shows, and
// which its provenance compares with the workflow that built them. The release workflow runs it before packing: only
// there the address is known, and nothing of it is committed.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Returns the manifest with the fields that name the repository.
 *
 * @param directory - of the package in the repository, such as `packages/client`.
 * @param url - of the repository, such as `https://github.com/acme/sse`.
 */
export function addRepository(manifest, directory, url) {
  const address = url.replace(/\.git$/, '')
  if (!/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(address)) {
    throw new Error(`"${url}" is not the address of a repository, such as https://github.com/acme/sse`)
  }
  return {
    ...manifest,
    homepage: manifest.homepage ?? `${address}/tree/main/${directory}#readme`,
    repository: { type: 'git', url: `git+${address}.git`, directory },
    bugs: `${address}/issues`,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env
  const url = process.argv[2] ?? (GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`)
  if (!url)
    throw new Error(
      'name the repository: node scripts/release/add-repository.mjs https://github.com/acme/sse',
    )
  for (const file of globSync('packages/*/package.json')) {
    const manifest = JSON.parse(readFileSync(file, 'utf8'))
    if (manifest.private) continue
    const directory = dirname(file).replaceAll('\\', '/')
    writeFileSync(join(file), `${JSON.stringify(addRepository(manifest, directory, url), null, 2)}\n`)
    console.log(`${manifest.name}: ${url}, ${directory}`)
  }
}
