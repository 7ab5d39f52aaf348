import { BrokenPromise } from './broken-promise.ts'
import { modelCases } from './model/cases.ts'
import type {
  Ability,
  Appends,
  ConformanceCase,
  EngineCase,
  KeysHeld,
  OpenedEngine,
} from './opened-engine.ts'
import { verbCases } from './verbs/cases.ts'

export interface EngineSuiteOptions {
  /** Name of the engine, as a prefix of the cases' names. */
  name: string
  /** Creates a new, empty log and an engine on it. Called for each case and each seed. */
  open: () => Promise<OpenedEngine>
  /**
   * Optional functions that `open` returns, and `presence` if the engine has it. Cases that need another ability are left
   * out. Every case fails if this list and `open` disagree. Default: none.
   */
  abilities?: readonly Ability[]
  /**
   * What is stored of an interrupted append. Default `'whole'`: everything or nothing. `'in part'`: some of its entries,
   * in order.
   */
  appends?: Appends
  /**
   * How long an idempotency key is kept. Default `'with events'`: as long as its event. `'for a time'`: longer than a run
   * of the suite, even if its event is trimmed.
   */
  keys?: KeysHeld
  /** Number of runs of the seeded model, or a list of seeds. Default 100. */
  seeds?: number | readonly number[]
}

/**
 * Returns the promises of an engine as cases for any test runner:
 *
 *     for (const { name, run } of engineSuite({ name: 'mine', open })) it(name, run)
 *
 * First every MUST of the `Engine` interface, then whole hubs on the engine, driven by a seeded model. A failure names the
 * promise and the seed. Each of the model's cases runs 50 seeds.
 */
export function engineSuite(options: EngineSuiteOptions): ConformanceCase[] {
  const { name, open, abilities = [], appends = 'whole', keys = 'with events', seeds = 100 } = options
  const openChecked = async () => checkAbilities(await open(), abilities)
  const verbs = verbCases
    .filter((verbCase) => (verbCase.appends ?? appends) === appends && (verbCase.keys ?? keys) === keys)
    .filter(({ needs }) =>
      ABILITIES.every((ability) => !needs?.includes(ability) || abilities.includes(ability)),
    )
    .map((verbCase) => ({
      name: `${name}: ${verbCase.promise}`,
      run: () => runCase(verbCase, openChecked),
    }))
  return [...verbs, ...modelCases({ name, open: openChecked, seeds, abilities })]
}

async function runCase(verbCase: EngineCase, open: () => Promise<OpenedEngine>): Promise<void> {
  const opened = await open()
  try {
    await verbCase.show(opened)
  } finally {
    await opened.close()
  }
}

const ABILITIES: readonly Ability[] = ['another', 'reopen', 'crash', 'presence', 'traffic', 'foreign']

async function checkAbilities(opened: OpenedEngine, abilities: readonly Ability[]): Promise<OpenedEngine> {
  for (const ability of ABILITIES) {
    const isThere = ability === 'presence' ? opened.engine.presence : opened[ability]
    if (abilities.includes(ability) === (isThere !== undefined)) continue
    await opened.close()
    throw new BrokenPromise('`abilities` lists every ability of the engine, and no other', ability)
  }
  return opened
}
