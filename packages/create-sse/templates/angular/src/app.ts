import { Component, computed } from '@angular/core'
import { injectEvents, injectStream, injectStreamStatus } from '@sse/angular'
import { room } from './room'

@Component({
  selector: '#app',
  templateUrl: './app.html',
})
export class App {
  readonly feed = injectStream(room)
  readonly status = injectStreamStatus(this.feed)
  readonly messages = injectEvents(this.feed, 'message', { limit: 50 })
  readonly newestFirst = computed(() => this.messages().toReversed())

  async publish(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const text = new FormData(form).get('text')
    form.reset()
    await fetch('/api/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    })
  }
}
