import { lstatSync, readdirSync } from 'node:fs'
import { basename, resolve } from 'node:path'

/** Files that a folder may have already: those of a repository that was just made. */
const HARMLESS = new Set(['.git', '.DS_Store', 'LICENSE'])

/** Why an app cannot be created in a folder, or `undefined` if it can. */
export function findFolderProblem(folder: string): string | undefined {
  const path = resolve(folder)
  const name = basename(path)
  if (folder.trim() === '') return 'The folder needs a name, such as my-app.'
  // Its name becomes the package's: https://docs.npmjs.com/cli/configuring-npm/package-json#name
  if (!/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) {
    return `A package cannot be called \`${name}\`. Use lower-case letters, digits, dots and dashes for the folder, such as my-app.`
  }
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) return `${path} is a file. Choose another folder.`
  const found = readdirSync(path).filter((entry) => !HARMLESS.has(entry))
  if (found.length > 0) return `${path} has files already, such as ${found[0]}. Choose an empty folder.`
  return
}
