// Writes the API reference to docs/api, from the docstrings of every public entry. A link to what is not there fails.
import { rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  Application,
  type DeclarationReflection,
  LogLevel,
  PageEvent,
  type ParameterReflection,
  type ProjectReflection,
  type TypeDocOptions,
} from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'
import { repository } from '../pages.ts'
import { packages } from './entries.ts'
import { NOT_EXPORTED, showNamedTypes } from './named-types.ts'
import { indexText, pageText } from './page-text.ts'

const out = `${repository}docs/api`
const entries = packages.flatMap(({ entries }) => entries)
const started = performance.now()

const format: Partial<PluginOptions> & { router: string } = {
  router: 'module',
  excludeScopesInPaths: true,
  entryFileName: 'index',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  useCustomAnchors: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  typeDeclarationVisibility: 'compact',
  tableColumnSettings: { leftAlignHeaders: true, hideSources: true },
}
const options: Partial<TypeDocOptions> & { placeInternalsInOwningModule: boolean } = {
  plugin: ['typedoc-plugin-markdown', 'typedoc-plugin-missing-exports'],
  outputs: [{ name: 'markdown', path: out }],
  entryPoints: entries.map(({ source }) => repository + source),
  tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url)),
  // `pnpm types` checks them.
  skipErrorChecking: true,
  logLevel: LogLevel.Warn,
  readme: 'none',
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases', '*', NOT_EXPORTED],
  placeInternalsInOwningModule: true,
  sort: ['source-order'],
  validation: {
    invalidLink: true,
    rewrittenLink: true,
    notExported: false,
    notDocumented: false,
    invalidPath: false,
    unusedMergeModuleWith: true,
  },
}
const app = await Application.bootstrapWithPlugins({ ...options, ...format } as Partial<TypeDocOptions>)
showNamedTypes(app.converter)
const project = await app.convert()
if (!project) process.exit(1)
nameModules(project.children ?? [])
nameParameters(project)
app.validate(project)
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1)

rmSync(out, { recursive: true, force: true })
app.renderer.on(PageEvent.END, (page) => {
  page.contents = pageText(page.model.name, page.url, page.contents ?? '')
})
await app.generateOutputs(project)
writeFileSync(`${out}/index.md`, indexText())
console.log(
  `${entries.length} pages of API reference in ${((performance.now() - started) / 1000).toFixed(1)} s`,
)

/** Gives each module the name that users import, and sorts what it exports. */
function nameModules(modules: DeclarationReflection[]): void {
  const specifiers = new Map(entries.map(({ source, specifier }) => [moduleName(source), specifier]))
  for (const module of modules) {
    module.name = specifiers.get(module.name) ?? module.name
    for (const { children } of module.groups ?? []) children.sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

/** The name that TypeDoc gives the module of a source. */
function moduleName(source: string): string {
  return source.replace('packages/', '').replace(/(\/index)?\.ts$/, '')
}

/** Names the parameters that the source takes apart for their types. */
function nameParameters({ reflections }: ProjectReflection): void {
  for (const parameter of Object.values(reflections)) {
    if (parameter.name !== '__namedParameters') continue
    const { type } = parameter as ParameterReflection
    const name = type?.type === 'reference' ? type.name : 'Options'
    parameter.name = name.endsWith('Options') ? 'options' : name.charAt(0).toLowerCase() + name.slice(1)
  }
}
