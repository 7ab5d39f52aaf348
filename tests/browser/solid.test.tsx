/** @jsxImportSource solid-js */

import { connect, type FeedStatus } from '@sse/client'
import { useEvent, useEvents, useLatest, useStream, useStreamStatus } from '@sse/solid'
import { until } from '@sse/test-support/until'
import { createEffect, createSignal, For, type JSX, on } from 'solid-js'
import { render } from 'solid-js/web'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { countFrames } from './frames.ts'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'

let at = newRoom()
beforeEach(() => {
  at = newRoom()
})
function mount(App: () => JSX.Element) {
  const element = document.body.appendChild(document.createElement('div'))
  const dispose = render(() => <App />, element)
  const unmount = () => {
    dispose()
    element.remove()
  }
  onTestFinished(unmount)
  return { element, unmount }
}

it('shares one connection between two components, and closes it after the last one', async () => {
  const Part = (props: { name: string }) => {
    const feed = useStream(room, at.options)
    const n = useLatest(feed, 'n')
    return (
      <p>
        {props.name} {n() ?? '-'}
      </p>
    )
  }
  const { element, unmount } = mount(() => (
    <>
      <Part name="one" />
      <Part name=" two" />
    </>
  ))
  await at.hasOpen(1)
  expect(element.textContent).toBe('one - two -')
  await at.publish(7)
  await until(() => element.textContent === 'one 7 two 7')
  expect(await at.connections()).toEqual([1, 1])
  unmount()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})

it('reuses connection and latest event for a component that remounts at once', async () => {
  const App = () => {
    const feed = useStream(room, at.options)
    const [status, n] = [useStreamStatus(feed), useLatest(feed, 'n', { initial: 0 })]
    return <p>{`${status().state} ${n()}`}</p>
  }
  const first = mount(App)
  await until(() => first.element.textContent === 'open 0')
  await at.publish(3)
  await until(() => first.element.textContent === 'open 3')
  first.unmount()
  const second = mount(App)
  expect(second.element.textContent).toBe('open 3')
  expect(await at.connections()).toEqual([1, 1])
})

it('opens another connection for other parameters but not for other functions, and delivers each event once', async () => {
  const other = newRoom()
  const [options, setOptions] = createSignal(at.options)
  const [label, setLabel] = createSignal('a')
  const seen: number[] = []
  const { element } = mount(() => {
    const feed = useStream(room, () => {
      const authorization = label()
      return { ...options(), headers: () => ({ authorization }) }
    })
    useEvent(feed, 'n', (n) => seen.push(n))
    const status = useStreamStatus(feed)
    return <p>{`${label()} ${status().state}`}</p>
  })
  await until(() => element.textContent === 'a open')
  setLabel('b')
  await until(() => element.textContent === 'b open')
  await at.publish(1)
  await until(() => seen.length === 1)
  setOptions(other.options)
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

it('updates at most once a frame for 5,000 events, and keeps the newest in a list', async () => {
  let updates = 0
  const { element } = mount(() => {
    const feed = useStream(room, at.options)
    const [status, recent] = [useStreamStatus(feed), useEvents(feed, 'n', { limit: 3 })]
    createEffect(
      on(recent, () => {
        updates += 1
      }),
    )
    return (
      <p>
        {status().state} <For each={recent()}>{({ payload }) => `${payload},`}</For>
      </p>
    )
  })
  await until(() => element.textContent === 'open ')
  const before = updates
  const frames = countFrames()
  await at.publishPieces()
  await until(() => element.textContent === 'open 4998,4999,5000,')
  expect(updates - before).toBeLessThanOrEqual(frames())
})

it('never shows the newest event without the list of the same moment', async () => {
  const shown = new Set<boolean>()
  const { element } = mount(() => {
    const feed = useStream(room, at.options)
    const [status, n] = [useStreamStatus(feed), useLatest(feed, 'n')]
    const recent = useEvents(feed, 'n', { limit: 3 })
    createEffect(() => shown.add(n() === recent().at(-1)?.payload))
    return <p>{`${status().state} ${n() ?? '-'}`}</p>
  })
  await until(() => element.textContent === 'open -')
  await at.publish(1, 2_000)
  await until(() => element.textContent === 'open 2000')
  expect([...shown]).toEqual([true])
})

it('opens no connection while it is not enabled', async () => {
  const [enabled, setEnabled] = createSignal(false)
  const { element } = mount(() => {
    const status = useStreamStatus(useStream(room, () => ({ ...at.options, enabled: enabled() })))
    return <p>{status().state}</p>
  })
  await until(() => element.textContent === 'closed')
  expect(await at.connections()).toEqual([0, 0])
  setEnabled(true)
  await until(() => element.textContent === 'open')
})

it('listens to a feed of connect(), and leaves it open', async () => {
  const feed = connect(room, at.options)
  onTestFinished(() => feed.close())
  const states: FeedStatus['state'][] = []
  feed.onStatus(({ state }) => states.push(state))
  const { element, unmount } = mount(() => {
    const [status, n] = [useStreamStatus(feed), useLatest(feed, 'n')]
    return <p>{n() ?? status().state}</p>
  })
  await until(() => element.textContent === 'open')
  await at.publish(5)
  await until(() => element.textContent === '5')
  unmount()
  await at.publish(6)
  expect(states).not.toContain('closed')
})
