// The page that is measured: `?none` is without the devtools.
import { connect } from '@sse/client'
import { mountDevtools } from '@sse/devtools'

export interface Counts {
  events: number
  frames: number
}

const counts: Counts = { events: 0, frames: 0 }
Object.assign(globalThis, { counts })
if (location.search !== '?none') mountDevtools()
connect('/stream').on('message', (data) => {
  counts.events += JSON.parse(data).n
})
const onFrame = (): void => {
  counts.frames += 1
  requestAnimationFrame(onFrame)
}
onFrame()
