import 'zone.js'
import '@angular/compiler' // compiles the components, as the CLI does before
import {
  ApplicationRef,
  ChangeDetectionStrategy,
  Component,
  ErrorHandler,
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
beforeEach(() => {
  at = newRoom()
})

/** Starts an app that stands on zone.js; counts how often it detects changes. */
async function start(component: Type<unknown>, template: string) {
  Component({ selector: 'app-root', template, changeDetection: ChangeDetectionStrategy.Default })(component)
  const root = document.body.appendChild(document.createElement('app-root'))
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

it('an app with an open stream becomes stable, also while it reconnects, and shows every change', async () => {
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
  await app.whenStable()
  await at.publish(4)
  await until(() => text() === 'open 4 4 4')
  expect(zones).toEqual([true, true])
  await app.whenStable()
  end()
  await at.hasOpen(0)
  expect(await at.connections()).toEqual([1, 0])
})
