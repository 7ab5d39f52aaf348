import { until } from '@sse/test-support/until'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from '@sse/vue'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { createApp, defineComponent, h, KeepAlive, ref } from 'vue'
import { countFrames } from './frames.ts'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'

let at = newRoom()
beforeEach(() => {
  at = newRoom()
})
/** Mounts a component whose text is what `setup` returns. */
function mount(...setups: (() => () => string)[]) {
  const element = document.body.appendChild(document.createElement('div'))
  const children = setups.map((setup) => defineComponent({ setup }))
  const app = createApp({ render: () => children.map((child) => h(child)) })
  app.mount(element)
  let isMounted = true
  const unmount = () => {
    if (isMounted) app.unmount()
    isMounted = false
    element.remove()
  }
  onTestFinished(unmount)
  return { element, unmount }
}

it('shares one connection between two components, and closes it after the last one', async () => {
  const part = (name: string) => () => {
    const n = useLatest(useStream(room, at.options), 'n')
    return () => `${name} ${n.value ?? '-'} `
  }
  const { element, unmount } = mount(part('one'), part('two'))
  await at.hasOpen(1)
  expect(element.textContent).toBe('one - two - ')
  await at.publish(7)
  await until(() => element.textContent === 'one 7 two 7 ')
  expect(await at.connections()).toEqual([1, 1])
  unmount()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})

it('reuses connection and latest event for a component that remounts at once', async () => {
  const setup = () => {
    const feed = useStream(room, at.options)
    const [status, n] = [useStreamStatus(feed), useLatest(feed, 'n', { initial: 0 })]
    return () => `${status.value.state} ${n.value}`
  }
  const first = mount(setup)
  await until(() => first.element.textContent === 'open 0')
  await at.publish(3)
  await until(() => first.element.textContent === 'open 3')
  first.unmount()
  const second = mount(setup)
  await until(() => second.element.textContent === 'open 3')
  expect(await at.connections()).toEqual([1, 1])
})

it('opens another connection for other parameters but not for other functions, and delivers each event once', async () => {
  const other = newRoom()
  const options = ref(at.options)
  const label = ref('a')
  const seen: number[] = []
  const { element } = mount(() => {
    const feed = useStream(room, () => ({
      ...options.value,
      headers: () => ({ authorization: label.value }),
    }))
    useEvent(feed, 'n', (n) => seen.push(n))
    const status = useStreamStatus(feed)
    return () => `${label.value} ${status.value.state}`
  })
  await until(() => element.textContent === 'a open')
  label.value = 'b'
  await until(() => element.textContent === 'b open')
  await at.publish(1)
  await until(() => seen.length === 1)
  options.value = other.options
  await other.hasOpen(1)
  await until(() => element.textContent === 'b open')
  await other.publish(2)
  await until(() => seen.length === 2)
  await at.hasOpen(0)
  expect(seen).toEqual([1, 2])
  expect([await at.connections(), await other.connections()]).toEqual([
    [1, 0],
    [1, 1],
  ])
})

it('renders 5,000 events at most once a frame, and keeps the newest in a list', async () => {
  let renders = 0
  const { element } = mount(() => {
    const feed = useStream(room, at.options)
    const [status, recent] = [useStreamStatus(feed), useEvents(feed, 'n', { limit: 3 })]
    return () => {
      renders += 1
      return `${status.value.state} ${recent.value.map(({ payload }) => payload).join()}`
    }
  })
  await until(() => element.textContent === 'open ')
  const before = renders
  const frames = countFrames()
  await at.publishPieces()
  await until(() => element.textContent === 'open 4998,4999,5000')
  expect(renders - before).toBeLessThanOrEqual(frames())
})

it('never renders the newest event without the list of the same moment', async () => {
  const shown = new Set<boolean>()
  const { element } = mount(() => {
    const feed = useStream(room, at.options)
    const [status, n] = [useStreamStatus(feed), useLatest(feed, 'n')]
    const recent = useEvents(feed, 'n', { limit: 3 })
    return () => {
      shown.add(n.value === recent.value.at(-1)?.payload)
      return `${status.value.state} ${n.value ?? '-'}`
    }
  })
  await until(() => element.textContent === 'open -')
  await at.publish(1, 2_000)
  await until(() => element.textContent === 'open 2000')
  expect([...shown]).toEqual([true])
})

it('releases the connection of a component that <KeepAlive> deactivates, and shows its events again later', async () => {
  let renders = 0
  const Room = defineComponent(() => {
    const feed = useStream(room, at.options)
    const [n, recent] = [useLatest(feed, 'n', { initial: 0 }), useEvents(feed, 'n')]
    return () => {
      renders += 1
      return `${n.value} ${recent.value.map(({ payload }) => payload).join()}`
    }
  })
  const isShown = ref(true)
  const element = document.body.appendChild(document.createElement('div'))
  const app = createApp({ render: () => h(KeepAlive, () => (isShown.value ? h(Room) : undefined)) })
  app.mount(element)
  onTestFinished(() => {
    app.unmount()
    element.remove()
  })
  await at.hasOpen(1)
  await at.publish(1, 2)
  await until(() => element.textContent === '2 1,2')
  isShown.value = false
  await at.hasOpen(0)
  const before = renders
  await at.publish(3)
  isShown.value = true
  await at.hasOpen(1)
  expect(element.textContent).toBe('2 1,2')
  await at.publish(4)
  await until(() => element.textContent === '4 1,2,4')
  expect(renders - before).toBeLessThan(5)
  expect(await at.connections()).toEqual([2, 1])
})
