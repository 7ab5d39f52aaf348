import { until } from '@sse/test-support/until'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from '@sse/vue'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { createApp, defineComponent, h, ref } from 'vue'
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

it('two components share one connection, which closes after the last has left', async () => {
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

it('a component that comes back at once finds its connection and the latest event', async () => {
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

it('other parameters are another connection, other functions are not, and each event comes once', async () => {
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

it('a burst of 2,000 events is a few renders, and a list keeps the newest', async () => {
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
  await at.publish(1, 2_000)
  await until(() => element.textContent === 'open 1998,1999,2000')
  expect(renders - before).toBeLessThan(200)
})
