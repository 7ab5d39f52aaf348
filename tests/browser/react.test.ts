import { connect, type FeedStatus } from '@sse/client'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from '@sse/react'
import { until } from '@sse/test-support/until'
import { createElement, type FunctionComponent, lazy, StrictMode, Suspense, useState, version } from 'react'
import { createRoot } from 'react-dom/client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'

let at = newRoom()
beforeEach(() => {
  at = newRoom()
})
/** Mounts it under StrictMode, as apps in development do. */
function mount(component: FunctionComponent) {
  const element = document.body.appendChild(document.createElement('div'))
  const root = createRoot(element)
  root.render(createElement(StrictMode, null, createElement(component)))
  let isMounted = true
  const unmount = () => {
    if (isMounted) root.unmount()
    isMounted = false
    element.remove()
  }
  onTestFinished(unmount)
  return { element, unmount }
}

describe(`React ${version}`, () => {
  it('two components under StrictMode share one connection, which closes after the last has left', async () => {
    const One = () => `one ${useLatest(useStream(room, at.options), 'n') ?? '-'} `
    const Two = () => `two ${useLatest(useStream(room, at.options), 'n') ?? '-'}`
    const { element, unmount } = mount(() => [createElement(One, { key: 1 }), createElement(Two, { key: 2 })])
    await at.hasOpen(1)
    await until(() => element.textContent === 'one - two -')
    await at.publish(7)
    await until(() => element.textContent === 'one 7 two 7')
    expect(await at.connections()).toEqual([1, 1])
    unmount()
    await at.hasOpen(0)
    expect(await at.connections()).toEqual([1, 0])
  })

  it('a component that comes back at once finds its connection open', async () => {
    const App = () => useStreamStatus(useStream(room, at.options)).state
    const first = mount(App)
    await until(() => first.element.textContent === 'open')
    first.unmount()
    const second = mount(App)
    await until(() => second.element.textContent === 'open')
    expect(await at.connections()).toEqual([1, 1])
  })

  it('the latest callback is called, each event reaches it once, and nothing reconnects', async () => {
    const seen: string[] = []
    let next = (_: string) => {}
    const { element } = mount(() => {
      const [label, setLabel] = useState('a')
      next = setLabel
      const feed = useStream(room, { ...at.options, headers: () => ({ authorization: label }) })
      useEvent(feed, 'n', (n, { id }) => seen.push(`${label}${n} ${id === '' ? 'no id' : 'id'}`))
      return `${label} ${useStreamStatus(feed).state}`
    })
    await until(() => element.textContent === 'a open')
    await at.publish(1)
    await until(() => seen.length === 1)
    next('b')
    await until(() => element.textContent === 'b open')
    await at.publish(2)
    await until(() => seen.length === 2)
    expect(seen).toEqual(['a1 id', 'b2 id'])
    expect(await at.connections()).toEqual([1, 1])
  })

  it('other parameters are another connection, and the old one closes', async () => {
    const other = newRoom()
    let go = (_: typeof at.options) => {}
    const { element } = mount(() => {
      const [options, setOptions] = useState(at.options)
      go = setOptions
      const feed = useStream(room, options)
      return `${useStreamStatus(feed).state} ${useLatest(feed, 'n', { initial: 0 })}`
    })
    await until(() => element.textContent === 'open 0')
    await at.publish(1)
    await until(() => element.textContent === 'open 1')
    go(other.options)
    await other.hasOpen(1)
    await until(() => element.textContent === 'open 0')
    await other.publish(2)
    await until(() => element.textContent === 'open 2')
    await at.hasOpen(0)
  })

  it('a burst of 2,000 events is a few renders, and a list keeps the newest', async () => {
    let renders = 0
    const { element } = mount(() => {
      renders += 1
      const feed = useStream(room, at.options)
      const recent = useEvents(feed, 'n', { limit: 3 })
      return `${useStreamStatus(feed).state} ${recent.map(({ payload }) => payload).join()}`
    })
    await until(() => element.textContent === 'open ')
    const before = renders
    await at.publish(1, 2_000)
    await until(() => element.textContent === 'open 1998,1999,2000')
    // StrictMode renders twice.
    expect(renders - before).toBeLessThan(400)
  })

  it('nothing connects while it is not enabled', async () => {
    let enable = (_: boolean) => {}
    const { element } = mount(() => {
      const [enabled, setEnabled] = useState(false)
      enable = setEnabled
      return useStreamStatus(useStream(room, { ...at.options, enabled })).state
    })
    await until(() => element.textContent === 'closed')
    expect(await at.connections()).toEqual([0, 0])
    enable(true)
    await until(() => element.textContent === 'open')
  })

  it('a component that comes later sees the latest at once, without another event', async () => {
    const App = () => String(useLatest(useStream(room, at.options), 'n'))
    const first = mount(App)
    await at.hasOpen(1)
    await at.publish(3)
    await until(() => first.element.textContent === '3')
    first.unmount()
    const second = mount(App)
    await until(() => second.element.textContent !== '')
    expect(second.element.textContent).toBe('3')
    expect(await at.connections()).toEqual([1, 1])
  })

  it('a feed that the app connected is listened to, and left open', async () => {
    const feed = connect(room, at.options)
    onTestFinished(() => feed.close())
    const states: FeedStatus['state'][] = []
    feed.onStatus(({ state }) => states.push(state))
    const { element, unmount } = mount(() => {
      const { state } = useStreamStatus(feed)
      return String(useLatest(feed, 'n') ?? state)
    })
    await until(() => element.textContent === 'open')
    await at.publish(5)
    await until(() => element.textContent === '5')
    unmount()
    await at.publish(6)
    expect(states).not.toContain('closed')
  })

  it('what is suspended before it was shown connects nothing, and connects once when it is shown', async () => {
    let arrive = (_: { default: FunctionComponent }) => {}
    const Late = lazy(() => new Promise<{ default: FunctionComponent }>((resolve) => (arrive = resolve)))
    const Inside = () => [useStreamStatus(useStream(room, at.options)).state, createElement(Late, { key: 1 })]
    const { element } = mount(() => createElement(Suspense, { fallback: 'wait' }, createElement(Inside)))
    await until(() => element.textContent === 'wait')
    expect(await at.connections()).toEqual([0, 0])
    arrive({ default: () => ' late' })
    await until(() => element.textContent === 'open late')
    expect(await at.connections()).toEqual([1, 1])
  })
})
