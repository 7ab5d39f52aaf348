import type { Feed } from '@sse/client'
import { expect, it } from 'vitest'
import { importPage } from './import-page.ts'

type AnyFeed = Feed<Record<string, unknown>>
interface Page {
  enter(
    origin: string,
    user: string,
    show: (people: string[]) => void,
  ): { messages: AnyFeed; people: AnyFeed }
}

const PATIENT = { timeout: 20_000 }

it('a room shows each person once, and forgets a person who has left', { timeout: 90_000 }, async () => {
  const code = await importPage('docs/guides/presence.md')
  await code.load('server.ts')
  const page = await code.load<Page>('page.ts')
  let shown: string[] = []
  const open = (user: string, show = (_: string[]) => {}) => page.enter(code.origin, user, show)
  const close = ({ messages, people }: ReturnType<Page['enter']>) => {
    messages.close()
    people.close()
  }
  const ada = open('ada', (people) => {
    shown = people
  })
  await expect.poll(() => shown, PATIENT).toEqual(['ada'])
  const ben = open('ben')
  const again = open('ben')
  await expect.poll(() => shown, PATIENT).toEqual(['ada', 'ben'])
  close(again)
  close(ben)
  await expect.poll(() => shown, PATIENT).toEqual(['ada'])
  close(ada)
})
