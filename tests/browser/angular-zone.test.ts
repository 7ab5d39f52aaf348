import 'zone.js'
import '@angular/compiler' // compiles the components, as the CLI does before
import {
  type ApplicationRef,
  ChangeDetectionStrategy,
  Component,
  NgZone,
  provideZoneChangeDetection,
  type Type,
} from '@angular/core'
import { bootstrapApplication } from '@angular/platform-browser'
import { fromFeed, injectEvent, injectLatest, injectStream, injectStreamStatus } from '@sse/angular'
import { until } from '@sse/test-support/until'
import { map } from 'rxjs'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { room } from './room.ts'
import { newRoom } from './rooms.ts'

let at = newRoom()
let roots = 0
beforeEach(() => {
  at = newRoom()
})

/** Starts an app that stands on zone.js, and counts how often it detects changes. */
async function start(component: Type<unknown>, template: string) {
  roots += 1
  const selector = `app-root-${roots}`
  // Every component of such an app may show fields that are no signals.
  Component({ selector, template, changeDetection: ChangeDetectionStrategy.Default })(component)
  const root = document.body.appendChild(document.createElement(selector))
  const app = await bootstrapApplication(component, { providers: [provideZoneChangeDetection()] })
  let detections = 0
  app.injector.get(NgZone).onMicrotaskEmpty.subscribe(() => {
    detections += 1
  })
  const end = () => {
    if (!app.destroyed) app.destroy()
    root.remove()
  }
  onTestFinished(end)
  return { app, end, text: () => root.textContent, detections: () => detections }
}

/** Waits until nothing is pending in the app's zone: no timer, no request. */
async function becomesStable(app: ApplicationRef) {
  await app.whenStable()
  const { isStable, hasPendingMacrotasks } = app.injector.get(NgZone)
  expect({ isStable, hasPendingMacrotasks }).toEqual({ isStable: true, hasPendingMacrotasks: false })
}

it('an app with an open stream is stable, and shows what signals, listeners and Observables change', async () => {
  const zones: boolean[] = []
  const { app, text, end } = await start(
    class {
      feed = injectStream(room, at.options)
      status = injectStreamStatus(this.feed)
      n = injectLatest(this.feed, 'n', { initial: 0 })
      heard = 0
      observed = 0
      constructor() {
        injectEvent(this.feed, 'n', (n) => {
          zones.push(NgZone.isInAngularZone())
          this.heard = n
        })
        fromFeed(this.feed, 'n')
          .pipe(map(({ payload }) => payload))
          .subscribe((n) => {
            zones.push(NgZone.isInAngularZone())
            this.observed = n
          })
      }
    },
    '{{ status().state }} {{ n() }} {{ heard }} {{ observed }}',
  )
  await until(() => text() === 'open 0 0 0')
  await becomesStable(app)
  await at.publish(4)
  await until(() => text() === 'open 4 4 4')
  expect(zones).toEqual([true, true])
  await becomesStable(app)
  end()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})

it('an app is stable while a stream waits for its next attempt, and its callbacks run in the zone', async () => {
  const { app, text } = await start(
    class {
      failures = 0
      feed = injectStream('http://127.0.0.1:9/stream', {
        reconnect: { jitterMs: 60_000 },
        onError: () => {
          this.failures += NgZone.isInAngularZone() ? 1 : 100
        },
      })
      status = injectStreamStatus(this.feed)
    },
    '{{ status().state }} {{ failures }}',
  )
  await until(() => text() === 'waiting 1')
  await becomesStable(app)
})

it('detects changes a few times for a burst of 2,000 events that a listener gets', async () => {
  const { text, detections } = await start(
    class {
      feed = injectStream(room, at.options)
      status = injectStreamStatus(this.feed)
      count = 0
      constructor() {
        injectEvent(this.feed, 'n', () => {
          this.count += 1
        })
      }
    },
    '{{ status().state }} {{ count }}',
  )
  await until(() => text() === 'open 0')
  const before = detections()
  await at.publish(1, 2_000)
  await until(() => text() === 'open 2000')
  expect(detections() - before).toBeLessThan(200)
})
