import '@angular/compiler' // compiles the component in the page
import { Component, createComponent, provideZonelessChangeDetection } from '@angular/core'
import { createApplication } from '@angular/platform-browser'
import { injectEvent, injectEvents, injectLatest, injectStream } from '@sse/angular'
import { onStart } from '../report.ts'
import { ticks } from '../ticks.ts'

onStart(async (report, hostElement) => {
  class Ticks {
    readonly report = report
    readonly feed = injectStream(ticks)
    readonly latest = injectLatest(this.feed, 'tick')
    readonly recent = injectEvents(this.feed, 'tick', { limit: 20 })

    constructor() {
      injectEvent(this.feed, 'tick', report.hear)
    }
  }
  Component({ selector: 'app-ticks', template: '<p>{{ report.render(latest(), recent()) }}</p>' })(Ticks)
  const app = await createApplication({ providers: [provideZonelessChangeDetection()] })
  app.attachView(createComponent(Ticks, { environmentInjector: app.injector, hostElement }).hostView)
})
