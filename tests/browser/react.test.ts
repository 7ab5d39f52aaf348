import { connect, type FeedStatus } from '@sse/client'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from '@sse/react'
import { useStream as useNativeStream } from '@sse/react/native'
import { until } from '@sse/test-support/until'
import { createElement, type FunctionComponent, lazy, StrictMode, Suspense, useState, version } from 'react'
import { createRoot } from 'react-dom/client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { countFrames } from './frames.ts'
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
  it('shares one connection between two components under StrictMode, and closes it after the last one', async () => {
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

  it('reuses the open connection for a component that remounts at once', async () => {
    const App = () => useStreamStatus(useStream(room, at.options)).state
    const first = mount(App)
    await until(() => first.element.textContent === 'open')
    first.unmount()
    const second = mount(App)
    await until(() => second.element.textContent === 'open')
    expect(await at.connections()).toEqual([1, 1])
  })

  it('calls the latest callback once per event without reconnecting', async () => {
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

  it('opens another connection for other parameters, and closes the old one', async () => {
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

  it('renders 5,000 events at most once a frame, and keeps the newest in a list', async () => {
    let renders = 0
    const { element } = mount(() => {
      renders += 1
      const feed = useStream(room, at.options)
      const recent = useEvents(feed, 'n', { limit: 3 })
      return `${useStreamStatus(feed).state} ${recent.map(({ payload }) => payload).join()}`
    })
    await until(() => element.textContent === 'open ')
    const before = renders
    const frames = countFrames()
    await at.publishPieces()
    await until(() => element.textContent === 'open 4998,4999,5000')
    // StrictMode renders twice.
    expect((renders - before) / 2).toBeLessThanOrEqual(frames())
  })

  it('never renders the newest event without the list of the same moment', async () => {
    const shown = new Set<boolean>()
    const { element } = mount(() => {
      const feed = useStream(room, at.options)
      const [n, recent] = [useLatest(feed, 'n'), useEvents(feed, 'n', { limit: 3 })]
      shown.add(n === recent.at(-1)?.payload)
      return `${useStreamStatus(feed).state} ${n ?? '-'}`
    })
    await until(() => element.textContent === 'open -')
    await at.publish(1, 2_000)
    await until(() => element.textContent === 'open 2000')
    expect([...shown]).toEqual([true])
  })

  it('opens no connection while it is not enabled', async () => {
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

  it('shows the latest event in a component that mounts later, without another event', async () => {
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

  it('opens a connection per filter that inline `url` functions set, and reconnects for another filter', async () => {
    let setFilter = (_: string) => {}
    const Filtered = ({ filter }: { filter: string }) => {
      const [label, setLabel] = useState('')
      const feed = useStream(room, { ...at.options, url: (url) => `${url}?filter=${filter}` })
      const { state } = useStreamStatus(feed)
      useEvent(feed, 'n', (n) => setLabel(`${filter}${n}`))
      return `${state} ${label} `
    }
    const { element } = mount(() => {
      const [filter, set] = useState('a')
      setFilter = set
      return ['a', filter, 'b'].map((filter, key) => createElement(Filtered, { key, filter }))
    })
    await until(() => element.textContent === 'open  open  open  ')
    await at.publish(1)
    await until(() => element.textContent === 'open a1 open a1 open b1 ')
    setFilter('c')
    await at.hasOpen(1, '?filter=c')
    await until(() => element.textContent === 'open a1 open a1 open b1 ')
    await at.publish(2)
    await until(() => element.textContent === 'open a2 open c2 open b2 ')
    const counts = await Promise.all(['a', 'b', 'c'].map((filter) => at.connections(`?filter=${filter}`)))
    expect(counts).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ])
  })

  it('follows a stream on the browser’s own EventSource with @sse/react/native', async () => {
    const { element, unmount } = mount(() => {
      const feed = useNativeStream(room, at.options)
      return `${useStreamStatus(feed).state} ${useLatest(feed, 'n', { initial: 0 })}`
    })
    await until(() => element.textContent === 'open 0')
    await at.publish(1)
    await until(() => element.textContent === 'open 1')
    unmount()
    await at.hasOpen(0)
  })

  it('listens to a feed of connect(), and leaves it open', async () => {
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

  it('connects once when a suspended component is shown, and not before', async () => {
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
