// Checks the import rules of the repository, or of the folder given; prints each violation and its reason.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import { graphRules } from './graph-rules.mjs'
import { checkText } from './text-rules.mjs'

const folders = ['packages', 'tests', 'examples', 'bench']

/** Resolves with every violation in `root`, as `{ rule, comment, where }`. */
export async function checkImports(root) {
  return [...(await checkGraph(root)), ...checkSources(root)]
}

async function checkGraph(root) {
  const { output } = await cruise(
    folders.filter((folder) => existsSync(join(root, folder))),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: graphRules },
      // Types count: a declaration that names `node:http` needs Node's types wherever it is read.
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      // A template is an app: it is compiled and run as one.
      exclude: { path: ['(^|/)(dist|tsup\\.config\\.ts)', '^packages/create-sse/templates/'] },
    },
    {
      conditionNames: ['@sse/source', 'types', 'import'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  )
  return output.summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name,
    comment: graphRules.find(({ name }) => name === rule.name)?.comment,
    where: `${from} → ${to}`,
  }))
}

function checkSources(root) {
  return globSync('packages/*/src/**/*.ts', { cwd: root }).flatMap((file) =>
    checkText(file, readFileSync(join(root, file), 'utf8')),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = await checkImports(resolve(process.argv[2] ?? '.'))
  for (const { rule, comment, where } of violations) console.error(`${where}\n  ${rule}: ${comment}`)
  console.log(`import rules: ${violations.length} violation${violations.length === 1 ? '' : 's'}`)
  process.exitCode = violations.length > 0 ? 1 : 0
}
