import { connect, type FeedStatus } from '@sse/client'
import { until } from '@sse/test-support/until'
import { type Component, flushSync, mount, unmount } from 'svelte'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { countFrames } from './frames.ts'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'
import { changing } from './svelte/props.svelte.ts'
import Room from './svelte/Room.svelte'
import Stores from './svelte/Stores.svelte'

let at = newRoom()
beforeEach(() => {
  at = newRoom()
})
function show<Props extends Record<string, unknown>>(component: Component<Props>, props: Props) {
  const target = document.body.appendChild(document.createElement('div'))
  const mounted = mount(component, { target, props })
  let isMounted = true
  const leave = () => {
    if (isMounted) void unmount(mounted)
    isMounted = false
    target.remove()
  }
  onTestFinished(leave)
  return { text: () => target.textContent?.trim(), leave }
}

it('shares one connection between two components, and closes it after the last one', async () => {
  const [one, two] = [
    show(Room, { options: at.options, label: 'one' }),
    show(Room, { options: at.options, label: 'two' }),
  ]
  await at.hasOpen(1)
  await until(() => one.text() === 'one open - []')
  await at.publish(7)
  await until(() => one.text() === 'one open 7 [7]' && two.text() === 'two open 7 [7]')
  expect(await at.connections()).toEqual([1, 1])
  one.leave()
  await at.publish(8)
  await until(() => two.text() === 'two open 8 [7,8]')
  two.leave()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})

it('reuses connection and latest event for a component that remounts at once', async () => {
  const first = show(Room, { options: at.options })
  await until(() => first.text() === 'open - []')
  await at.publish(3)
  await until(() => first.text() === 'open 3 [3]')
  first.leave()
  const second = show(Room, { options: at.options })
  flushSync()
  expect(second.text()).toBe('open 3 []')
  expect(await at.connections()).toEqual([1, 1])
})

it('opens another connection for other parameters but not for other functions, and delivers each event once', async () => {
  const other = newRoom()
  const seen: string[] = []
  const props = changing({
    options: at.options,
    label: 'a',
    onN: (n: number, label: string) => seen.push(`${label}${n}`),
  })
  const { text } = show(Room, props)
  await until(() => text() === 'a open - []')
  props.label = 'b'
  await until(() => text() === 'b open - []')
  await at.publish(1)
  await until(() => seen.length === 1)
  props.options = other.options
  await other.hasOpen(1)
  await until(() => text() === 'b open - []')
  await other.publish(2)
  await until(() => text() === 'b open 2 [2]')
  await at.hasOpen(0)
  expect(seen).toEqual(['b1', 'b2'])
  expect([await at.connections(), await other.connections()]).toEqual([
    [1, 0],
    [1, 1],
  ])
})

it('updates at most once a frame for 5,000 events, and keeps the newest in a list', async () => {
  let updates = 0
  const { text } = show(Room, {
    options: at.options,
    onUpdate: () => {
      updates += 1
    },
  })
  await until(() => text() === 'open - []')
  const before = updates
  const frames = countFrames()
  await at.publishPieces()
  await until(() => text() === 'open 5000 [4998,4999,5000]')
  expect(updates - before).toBeLessThanOrEqual(frames())
})

it('opens no connection while it is not enabled', async () => {
  const props = changing({ options: at.options, enabled: false })
  const { text } = show(Room, props)
  await until(() => text() === 'closed - []')
  expect(await at.connections()).toEqual([0, 0])
  props.enabled = true
  await until(() => text() === 'open - []')
})

it('reads a feed of connect() through stores, and leaves it open', async () => {
  const feed = connect(room, at.options)
  onTestFinished(() => feed.close())
  const states: FeedStatus['state'][] = []
  feed.onStatus(({ state }) => states.push(state))
  const { text, leave } = show(Stores, { feed })
  await until(() => text() === 'open -')
  await at.publish(5)
  await until(() => text() === 'open 5')
  leave()
  await at.publish(6)
  expect(states).not.toContain('closed')
})
