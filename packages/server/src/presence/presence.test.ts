import { expect, it } from 'vitest'
import { turn } from '../fixtures/server-scope.ts'
import { Presence, type PresenceListener } from './presence.ts'

it('an older answer of the store never replaces a newer one', async () => {
  const answers: ((identities: string[]) => void)[] = []
  const store = {
    enter: async () => {},
    leave: async () => {},
    touch: async () => true,
    present: () => new Promise<string[]>((resolve) => answers.push(resolve)),
  }
  const presence = new Presence(store, () => {})
  const seen: Parameters<PresenceListener>[0][] = []
  presence.listen('a', (change) => seen.push(change))
  await turn()
  answers[0]?.([])
  await turn()
  presence.tick()
  presence.tick()
  presence.tick()
  await turn()
  expect(answers).toHaveLength(2)
  answers[1]?.([])
  await turn()
  expect(answers).toHaveLength(3) // the calls during the read are served by one more
  answers[2]?.(['ada'])
  await turn()
  expect(answers).toHaveLength(3)
  expect(seen).toEqual([{ type: 'join', channel: 'a', identity: 'ada' }])
  await presence.close()
})
