import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SilenceLimit } from './silence-limit.ts'

const createLimit = (limitMs: number) => new SilenceLimit(limitMs, () => new Error('silence'))

it('does not count the time a request waits for the replies to others', async () => {
  const limit = createLimit(400)
  const replies = Array.from({ length: 6 }, (_, n) => limit.watch(pause(200 * (n + 1)).then(() => n)))
  expect(await Promise.all(replies)).toEqual([0, 1, 2, 3, 4, 5])
})

it('does not count the time this process was busy after the reply had arrived', async () => {
  const limit = createLimit(100)
  const reply = limit.watch(new Promise((resolve) => setTimeout(() => setImmediate(resolve, 'here'), 50)))
  const until = performance.now() + 300
  while (performance.now() < until) {}
  expect(await reply).toBe('here')
})

it('rejects every request when there is no reply to any of them', async () => {
  const limit = createLimit(50)
  const never = new Promise(() => {})
  const replies = [limit.watch(never), limit.watch(never)]
  await Promise.all(replies.map((reply) => expect(reply).rejects.toThrow('silence')))
  await expect(limit.watch(Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})
