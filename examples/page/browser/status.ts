import type { FeedStatus } from '@sse/client'
import { element } from './element.ts'

let countdown: ReturnType<typeof setInterval> | undefined
let announced = ''

export function showStatus(status: FeedStatus): void {
  const { label, detail, color, isDown } = describe(status)
  element('status').dataset.state = color
  element('state').textContent = label
  element('detail').textContent = detail
  element('toggle').textContent = status.state === 'closed' ? 'Start' : 'Stop'
  // Shown until the server is back, through the attempts in between.
  element('help').hidden = !isDown
  showCountdown(status)
  // The label without the seconds, once: a countdown is not read out.
  const spoken = isDown ? 'The server does not answer. The page tries again by itself.' : `Stream ${label}`
  if (spoken !== announced) element('announcer').textContent = spoken
  announced = spoken
}

interface Description {
  label: string
  detail: string
  color: 'connecting' | 'open' | 'waiting' | 'closed' | 'failed'
  isDown: boolean
}

function describe(status: FeedStatus): Description {
  switch (status.state) {
    case 'connecting':
      return status.attempt === 1
        ? { label: 'connecting', detail: 'Asking for the stream.', color: 'connecting', isDown: false }
        : { label: 'connecting', detail: `Attempt ${status.attempt}.`, color: 'waiting', isDown: true }
    case 'open':
      return { label: 'open', detail: 'The next number comes within a second.', color: 'open', isDown: false }
    case 'waiting':
      return {
        label: 'waiting',
        detail: `${status.error.message} (${status.error.code}).`,
        color: 'waiting',
        isDown: true,
      }
    case 'paused': {
      const detail =
        status.reason === 'offline' ? 'There is no network.' : 'It continues when the page is back.'
      return { label: 'paused', detail, color: 'waiting', isDown: false }
    }
    case 'closed': {
      if (status.reason === 'error') {
        const detail = `${status.error.message} (${status.error.code}).`
        return { label: 'closed', detail, color: 'failed', isDown: false }
      }
      const isEnded = status.reason === 'ended' || status.reason === 'no_content'
      const detail = isEnded ? 'The server has ended the stream.' : 'Stopped by you.'
      return { label: 'closed', detail, color: 'closed', isDown: false }
    }
  }
}

function showCountdown(status: FeedStatus): void {
  clearInterval(countdown)
  const text = element('countdown')
  text.textContent = ''
  if (status.state !== 'waiting' || status.retryAt === undefined) return
  const { retryAt } = status
  const tick = () => {
    const seconds = Math.ceil((retryAt - Date.now()) / 1_000)
    text.textContent = seconds > 0 ? `${seconds} s` : ''
  }
  tick()
  countdown = setInterval(tick, 200)
}
