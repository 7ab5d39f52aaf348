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
  /** The engine's, for the names of the cases. */
  name: string
  /** A new, empty log and an engine on it. Called for each case and for each seed. */
  open: () => Promise<OpenedEngine>
  /**
   * Which of the optional functions `open` gives, and whether its engine has `presence`: so that no case is left
   * out unnoticed. What needs another is not in the list.
   */
  abilities?: readonly Ability[]
  /**
   * What is there of an append that was cut off. Default `'whole'`: all of it or nothing. `'in part'`: any of its
   * entries, in their order.
   */
  appends?: Appends
  /**
   * For how long an idempotency key is held. Default `'with events'`: as long as its event. `'for a time'`: for one
   * that is longer than a run, whether its event is trimmed or not.
   */
  keys?: KeysHeld
  /** How many runs of the seeded model, or which seeds. Default 100. */
  seeds?: number | readonly number[]
}

/**
 * The promises of an engine, each a case for any test runner:
 *
 *     for (const { name, run } of engineSuite({ name: 'mine', open })) it(name, run)
 *
 * First every MUST of the `Engine` interface, then whole hubs on the engine, driven by a seeded model. A case
 * fails with a message that names the promise, and the seed. The model's cases run 50 seeds each.
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
  return [...verbs, ...modelCases({ name, open: openChecked, seeds })]
}

async function runCase(verbCase: EngineCase, open: () => Promise<OpenedEngine>): Promise<void> {
  const opened = await open()
  try {
    await verbCase.show(opened)
  } finally {
    await opened.close()
  }
}

const ABILITIES: readonly Ability[] = ['another', 'reopen', 'crash', 'presence']

async function checkAbilities(opened: OpenedEngine, abilities: readonly Ability[]): Promise<OpenedEngine> {
  for (const ability of ABILITIES) {
    const isThere = ability === 'presence' ? opened.engine.presence : opened[ability]
    if (abilities.includes(ability) === (isThere !== undefined)) continue
    await opened.close()
    throw new BrokenPromise('`abilities` names what there is, all of it', ability)
  }
  return opened
}
