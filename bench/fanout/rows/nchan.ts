import { connect } from 'node:net'
import { startNginx } from '../nginx.ts'
import type { StartPublisher } from '../rows.ts'

const ANSWER = 'HTTP/1.1 2'

/** nginx with nchan: what C does with the same work. A turn's events are posted to it together. */
export const start: StartPublisher = async () => {
  const { port, cpuMs } = await startNginx()
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let answers = 0
  let onAnswer = () => {}
  socket.on('data', (text: string) => {
    answers += text.split(ANSWER).length - 1
    onAnswer()
  })
  return {
    port,
    cpuMs,
    publish(ticks) {
      const expected = answers + ticks.length
      const answered = new Promise<void>((resolve) => {
        onAnswer = () => answers >= expected && resolve()
      })
      socket.write(ticks.map((tick) => request(JSON.stringify(tick))).join(''))
      return answered
    },
  }
}

function request(body: string): string {
  return `POST /publish HTTP/1.1\r\nhost: localhost\r\nx-eventsource-event: tick\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}
