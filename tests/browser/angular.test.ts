import '@angular/compiler' // compiles the components, as the CLI does before
import { AsyncPipe } from '@angular/common'
import {
  type ApplicationRef,
  Component,
  createComponent,
  EnvironmentInjector,
  provideZonelessChangeDetection,
  signal,
  type Type,
} from '@angular/core'
import { toSignal } from '@angular/core/rxjs-interop'
import { createApplication } from '@angular/platform-browser'
import {
  fromFeed,
  injectEvent,
  injectEvents,
  injectLatest,
  injectStream,
  injectStreamStatus,
} from '@sse/angular'
import { connect } from '@sse/client'
import { until } from '@sse/test-support/until'
import { map } from 'rxjs'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { countFrames } from './frames.ts'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'

let at = newRoom()
let app: ApplicationRef
beforeEach(async () => {
  at = newRoom()
  app = await createApplication({ providers: [provideZonelessChangeDetection()] })
  onTestFinished(() => app.destroy())
})

let parts = 0

/** Shows a component in the app. */
function show<Instance>(component: Type<Instance>, template: string, imports: Type<unknown>[] = []) {
  parts += 1
  Component({ selector: `app-part-${parts}`, template, imports })(component)
  const hostElement = document.body.appendChild(document.createElement('div'))
  const shown = createComponent(component, {
    environmentInjector: app.injector.get(EnvironmentInjector),
    hostElement,
  })
  app.attachView(shown.hostView)
  let isShown = true
  const leave = () => {
    if (isShown) shown.destroy()
    isShown = false
    hostElement.remove()
  }
  onTestFinished(leave)
  return { instance: shown.instance, text: () => hostElement.textContent, leave }
}

it('shares one connection between two components, and closes it after the last one', async () => {
  const part = () =>
    show(
      class {
        n = injectLatest(injectStream(room, at.options), 'n')
      },
      '{{ n() ?? "-" }}',
    )
  const [one, two] = [part(), part()]
  await at.hasOpen(1)
  expect([one.text(), two.text()]).toEqual(['-', '-'])
  await at.publish(7)
  await until(() => one.text() === '7' && two.text() === '7')
  expect(await at.connections()).toEqual([1, 1])
  one.leave()
  await at.publish(8)
  await until(() => two.text() === '8')
  two.leave()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})

it('reuses connection and latest event for a component that is created again at once', async () => {
  const part = () =>
    show(
      class {
        feed = injectStream(room, at.options)
        status = injectStreamStatus(this.feed)
        n = injectLatest(this.feed, 'n', { initial: 0 })
      },
      '{{ status().state }} {{ n() }}',
    )
  const first = part()
  await until(() => first.text() === 'open 0')
  await at.publish(3)
  await until(() => first.text() === 'open 3')
  first.leave()
  const second = part()
  await until(() => second.text() === 'open 3')
  expect(await at.connections()).toEqual([1, 1])
})

it('opens another connection for other parameters but not for other functions, and delivers each event once', async () => {
  const other = newRoom()
  const options = signal(at.options)
  const label = signal('a')
  const [heard, observed]: number[][] = [[], []]
  const { text, leave } = show(
    class {
      feed = injectStream(room, () => {
        const authorization = label()
        return { ...options(), headers: () => ({ authorization }) }
      })
      status = injectStreamStatus(this.feed)
      label = label
      constructor() {
        injectEvent(this.feed, 'n', (n) => heard?.push(n))
        fromFeed(this.feed, 'n').subscribe({
          next: ({ payload }) => observed?.push(payload),
          complete: () => observed?.push(-1),
        })
      }
    },
    '{{ label() }} {{ status().state }}',
  )
  await until(() => text() === 'a open')
  label.set('b')
  await until(() => text() === 'b open')
  await at.publish(1)
  await until(() => heard?.length === 1)
  options.set(other.options)
  await other.hasOpen(1)
  await until(() => text() === 'b open')
  await other.publish(2)
  await until(() => heard?.length === 2)
  await at.hasOpen(0)
  leave()
  await other.hasOpen(0)
  expect(heard).toEqual([1, 2])
  expect(observed).toEqual([1, 2, -1])
  expect([await at.connections(), await other.connections()]).toEqual([
    [1, 0],
    [1, 0],
  ])
})

it('opens no connection while it is not enabled', async () => {
  const isOn = signal(false)
  const { text } = show(
    class {
      status = injectStreamStatus(injectStream(room, () => ({ ...at.options, enabled: isOn() })))
    },
    '{{ status().state }}',
  )
  await until(() => text() === 'closed')
  expect(await at.connections()).toEqual([0, 0])
  isOn.set(true)
  await until(() => text() === 'open')
})

it('renders 5,000 events at most once a frame, and keeps the newest in a list', async () => {
  let renders = 0
  const { text } = show(
    class {
      feed = injectStream(room, at.options)
      status = injectStreamStatus(this.feed)
      recent = injectEvents(this.feed, 'n', { limit: 3 })
      get payloads() {
        renders += 1
        return this.recent().map(({ payload }) => payload)
      }
    },
    '{{ status().state }} {{ payloads }}',
  )
  await until(() => text() === 'open ')
  const before = renders
  const frames = countFrames()
  await at.publishPieces()
  await until(() => text() === 'open 4998,4999,5000')
  // In development, Angular reads each binding twice.
  expect((renders - before) / 2).toBeLessThanOrEqual(frames())
})

it('an Observable of a feed of connect() ends with it, and a late subscriber learns so', async () => {
  const feed = connect(room, at.options)
  onTestFinished(() => feed.close())
  const seen: unknown[] = []
  const observer = {
    next: ({ payload, event }: { payload: number; event: string }) => seen.push([event, payload]),
    complete: () => seen.push('complete'),
  }
  const events = fromFeed(feed, 'n')
  const stopped = events.subscribe(() => seen.push('unsubscribed'))
  events.subscribe(observer)
  stopped.unsubscribe()
  await at.hasOpen(1)
  await at.publish(5)
  await until(() => seen.length === 1)
  feed.close()
  events.subscribe(observer)
  expect(seen).toEqual([['n', 5], 'complete', 'complete'])
})

it('an Observable works with the async pipe and toSignal(), and is complete once its component is destroyed', async () => {
  const { instance, text, leave } = show(
    class {
      feed = injectStream(room, at.options)
      n = fromFeed(this.feed, 'n').pipe(map(({ payload }) => payload))
      same = toSignal(this.n, { initialValue: 0 })
    },
    '{{ n | async }} {{ same() }}',
    [AsyncPipe],
  )
  await at.hasOpen(1)
  expect(text()).toBe(' 0')
  await at.publish(6)
  await until(() => text() === '6 6')
  leave()
  const seen: unknown[] = []
  instance.n.subscribe({ complete: () => seen.push('complete') })
  expect(seen).toEqual(['complete'])
  await at.hasOpen(0)
})

it('an Observable fails when the feed gives up', async () => {
  const errors: unknown[] = []
  show(
    class {
      feed = injectStream('/no-such-stream', { onError: () => {} })
      constructor() {
        fromFeed(this.feed, 'message').subscribe({ error: (error) => errors.push(error) })
      }
    },
    '',
  )
  await until(() => errors.length === 1)
  expect(errors).toMatchObject([{ name: 'SseError', status: 404 }])
})
