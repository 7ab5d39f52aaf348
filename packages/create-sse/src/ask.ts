import { isCancel, select, text } from '@clack/prompts'
import type { Arguments } from './arguments.ts'
import { CreateError } from './create-error.ts'
import { findFolderProblem } from './find-folder-problem.ts'
import type { Template } from './templates.ts'

/** What the command line says, and answers to the questions for what it leaves open. Checks both. */
export async function askFor(
  given: Pick<Arguments, 'folder' | 'template'>,
  templates: readonly Template[],
): Promise<{ folder: string; template: Template }> {
  const names = templates.map(({ name }) => name).join(', ')
  // Before a question: a wrong argument is not discovered after an answer.
  const known = templates.find(({ name }) => name === given.template)
  if (given.template !== undefined && !known) {
    throw new CreateError(`There is no template \`${given.template}\`. Choose one of: ${names}`, 2)
  }
  const problem = given.folder === undefined ? undefined : findFolderProblem(given.folder)
  if (problem) throw new CreateError(problem, 2)
  if ((given.folder === undefined || !known) && !process.stdin.isTTY) {
    throw new CreateError(
      `Name a folder and a template: create-sse my-app --template <name>, with one of: ${names}`,
      2,
    )
  }
  const folder =
    given.folder ??
    answered(
      await text({
        message: 'Where?',
        placeholder: 'sse-app',
        defaultValue: 'sse-app',
        validate: (value) => findFolderProblem(value || 'sse-app'),
      }),
    )
  const template =
    known ??
    answered(
      await select({
        message: 'Which framework?',
        options: templates.map((template) => ({
          value: template,
          label: template.name,
          hint: template.description,
        })),
      }),
    )
  return { folder, template }
}

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (isCancel(answer)) throw new CreateError('Nothing was created.', 130)
  return answer as Exclude<Answer, symbol>
}
