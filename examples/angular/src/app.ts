import { CurrencyPipe } from '@angular/common'
import { Component, computed, signal } from '@angular/core'
import { injectEvents, injectLatest, injectStream, injectStreamStatus } from '@sse/angular'
import { orders } from './orders.ts'

@Component({
  selector: '#app',
  imports: [CurrencyPipe],
  templateUrl: './app.html',
})
export class App {
  readonly isOn = signal(true)
  readonly feed = injectStream(orders, () => ({ enabled: this.isOn() }))
  readonly status = injectStreamStatus(this.feed)
  readonly revenue = injectLatest(this.feed, 'revenue', { initial: 0 })
  readonly latest = injectLatest(this.feed, 'order')
  readonly recent = injectEvents(this.feed, 'order', { limit: 6 })
  readonly newestFirst = computed(() => this.recent().toReversed())
}
