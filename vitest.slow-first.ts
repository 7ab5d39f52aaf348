import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, longest first: started last, one of them would run alone at the end. */
const SLOW = [
  /lead-desk\/pages\./,
  /share\/tabs\./,
  /site\/(lighthouse|site)\./,
  /(postgres|redis|nats)\/src\/conformance\./,
  /examples\/(hooks|html|fastapi|page)\./,
  /devtools\/panel\./,
  /create\/(next|nuxt|angular|astro|react-router|tanstack-start|sveltekit)\./,
  /postgres\/src\/answers\./,
  /stream\/leak\./,
  /conformance\./,
  /lead-desk\//,
]

/** Orders files as Vitest does on a machine that has not run them yet, except for the slow ones. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = SLOW.findIndex((pattern) => pattern.test(moduleId.replaceAll('\\', '/')))
      return at === -1 ? SLOW.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
