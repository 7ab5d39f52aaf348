import '@angular/compiler' // compiles the component, as the CLI does before
import { Component, provideZonelessChangeDetection, signal } from '@angular/core'
import { type BootstrapContext, bootstrapApplication } from '@angular/platform-browser'
import { provideServerRendering, renderApplication } from '@angular/platform-server'
import {
  fromFeed,
  injectEvent,
  injectEvents,
  injectLatest,
  injectStream,
  injectStreamStatus,
} from '@sse/angular'
import { expect, it } from 'vitest'

it('a server renders the initial payload, connects to nothing, and waits for no event', async () => {
  const requests: unknown[] = []
  class App {
    feed = injectStream('http://localhost/stream', {
      fetch: async (...request) => {
        requests.push(request)
        throw new Error('no')
      },
    })
    status = injectStreamStatus(this.feed)
    count = injectLatest(this.feed, 'count', { initial: '3' })
    all = injectEvents(this.feed, 'count')
    seen = signal('nothing')
    constructor() {
      injectEvent(this.feed, 'count', () => this.seen.set('event'))
      fromFeed(this.feed, 'count').subscribe({
        next: () => this.seen.set('next'),
        complete: () => this.seen.set('complete'),
      })
    }
  }
  Component({
    selector: 'app-root',
    template: '{{ status().state }} {{ count() }} {{ all().length }} {{ seen() }}',
  })(App)
  const html = await renderApplication(
    (context: BootstrapContext) =>
      bootstrapApplication(
        App,
        { providers: [provideZonelessChangeDetection(), provideServerRendering()] },
        context,
      ),
    { document: '<html><body><app-root></app-root></body></html>' },
  )
  expect(html).toContain('>connecting 3 0 nothing</app-root>')
  expect(requests).toEqual([])
})
