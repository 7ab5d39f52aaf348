// Compiles fixtures with one version of TypeScript, as a separate process: `node compile.ts <typescript> <jobs>`.
// Prints one JSON array of messages for each job. The jobs share what they have parsed, and check only our own files:
// the frameworks' types take most of the time, and are checked as well by the native compiler.
import { createRequire } from 'node:module'
import type typescript from 'typescript5'

/** A program to compile. */
export interface Job {
  readonly folder: string
  readonly files: readonly string[]
  readonly compilerOptions: object
}

const [, , path = '', jobs = '[]'] = process.argv
const ts: typeof typescript = createRequire(import.meta.url)(path)
const parsed = new Map<string, typescript.SourceFile | undefined>()
const isOurs = (name: string) => !name.includes('/node_modules/') || name.includes('/node_modules/@sse/')

for (const job of JSON.parse(jobs) as Job[]) console.log(JSON.stringify(compile(job)))

function compile({ folder, files, compilerOptions }: Job): string[] {
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, folder)
  const host = ts.createCompilerHost(options)
  host.getCurrentDirectory = () => folder
  const parse = host.getSourceFile.bind(host)
  host.getSourceFile = (name, settings, ...rest) => {
    const key = JSON.stringify([name, settings])
    if (!parsed.has(key)) parsed.set(key, parse(name, settings, ...rest))
    return parsed.get(key)
  }
  const program = ts.createProgram({ rootNames: files.map((file) => `${folder}/${file}`), options, host })
  const own = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName))
  const found = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((file) => [...program.getSemanticDiagnostics(file)]),
  ]
  if (!own.some(({ isDeclarationFile }) => isDeclarationFile)) return ['no declarations of ours']
  return found.map(({ file, start, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0
    return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}
