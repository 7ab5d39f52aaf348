// Type-checks every workspace folder that holds TypeScript, so that a new one cannot be forgotten.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'

const folders = globSync(['packages/*', 'examples/*', 'tests', 'bench']).filter(
  (folder) => globSync(`${folder}/**/*.ts`, { exclude: (path) => /node_modules|dist/.test(path) }).length > 0,
)
const bare = folders.filter((folder) => !existsSync(`${folder}/tsconfig.json`))
if (bare.length > 0) {
  console.error(`no tsconfig.json in ${bare.join(', ')}: give it one like bench/tsconfig.json`)
  process.exit(1)
}
const { status } = spawnSync('tsc', ['-b', ...folders], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
