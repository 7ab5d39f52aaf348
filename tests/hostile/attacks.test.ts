import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { floods } from './attacks/floods.ts'
import { history } from './attacks/history.ts'
import { http2 } from './attacks/http2.ts'
import { malformedRequests } from './attacks/malformed-requests.ts'
import { pipelining } from './attacks/pipelining.ts'
import { slowReaders } from './attacks/slow-readers.ts'
import { type Child, startChild } from './child-process.ts'
import { runAttack } from './run-attack.ts'
import { SCALE } from './scale.ts'

const TIMEOUT_MS = 90_000 * Math.max(1, SCALE)

let readers: Child
beforeAll(async () => {
  readers = await startChild('reader-process.ts')
})
afterAll(() => readers.stop())

describe.each([
  ['pipelined requests', pipelining],
  ['clients that read slowly or not at all', slowReaders],
  ['HTTP/2 clients', http2],
  ['clients that ask for history', history],
  ['floods', floods],
  ['requests with everything wrong', malformedRequests],
])('%s', (_kind, attacks) => {
  it.for(attacks.map((attack) => [attack.name, attack] as const))(
    '%s',
    { timeout: TIMEOUT_MS },
    async ([name, attack]) => {
      const { violations, figures } = await runAttack(attack, readers)
      if (process.env.HOSTILE_FIGURES) console.log(JSON.stringify({ name, ...figures }))
      expect(violations, JSON.stringify(figures)).toEqual([])
    },
  )
})
