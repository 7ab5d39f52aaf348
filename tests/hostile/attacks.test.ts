import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from './attack.ts'
import { acknowledgements } from './attacks/acknowledgements.ts'
import { crowds } from './attacks/crowds.ts'
import { floods } from './attacks/floods.ts'
import { history } from './attacks/history.ts'
import { http2 } from './attacks/http2.ts'
import { http2Protocol } from './attacks/http2-protocol.ts'
import { malformedRequests } from './attacks/malformed-requests.ts'
import { pipelining } from './attacks/pipelining.ts'
import { slowReaders } from './attacks/slow-readers.ts'
import { storms } from './attacks/storms.ts'
import { type Child, startChild } from './child-process.ts'
import { hasEngine } from './engine-store.ts'
import { runAttack } from './run-attack.ts'
import { IS_LARGE, SCALE } from './scale.ts'

const TIMEOUT_MS = 180_000 * Math.max(1, SCALE)

const KINDS: readonly (readonly [kind: string, attacks: readonly Attack[]])[] = [
  ['pipelined requests', pipelining],
  ['clients that read slowly or not at all', slowReaders],
  ['HTTP/2 clients', http2],
  ['frames that no HTTP/2 client sends', http2Protocol],
  ['clients that ask for history', history],
  ['storms of history on a server', storms],
  ['crowds', crowds],
  ['floods', floods],
  ['acknowledgements', acknowledgements],
  ['requests with everything wrong', malformedRequests],
]

const isInBudget = ({ isLarge = false }: Attack): boolean => IS_LARGE || !isLarge
const kinds = KINDS.flatMap(([kind, attacks]) => {
  const cases = attacks.filter(isInBudget).map((attack) => [attack.name, attack] as const)
  return cases.length > 0 ? [[kind, cases] as const] : []
})

let readers: Child
beforeAll(async () => {
  readers = await startChild('reader-process.ts')
})
afterAll(() => readers.stop())

describe.for(kinds)('%s', ([, cases]) => {
  it.for(cases)('%s', { timeout: TIMEOUT_MS }, async ([name, attack], { skip }) => {
    skip(!hasEngine[attack.server?.engine ?? 'memory'], 'the server of the engine is not installed')
    const { violations, figures } = await runAttack(attack, readers)
    if (process.env.HOSTILE_FIGURES) console.log(JSON.stringify({ name, ...figures }))
    expect(violations, JSON.stringify(figures)).toEqual([])
  })
})
