import type { Attack } from '../attack.ts'
import { exchange, type RawAnswer } from '../raw-socket.ts'
import { cases, get, type RequestCase } from './request-cases.ts'

const TIMEOUT_MS = 2_000

function judge([name, , statuses]: RequestCase, answer: RawAnswer): string[] {
  const status = answer.statuses.find((each) => each >= 200)
  const shown =
    status ?? (answer.end === 'closed' ? 'the end of the socket' : `nothing within ${TIMEOUT_MS} ms`)
  const isExpected =
    status === undefined ? answer.end === 'closed' && statuses.includes(undefined) : statuses.includes(status)
  const violations: string[] = []
  if (!isExpected)
    violations.push(`${name} was answered with ${shown}; expected ${statuses.map(String).join(' or ')}`)
  const head = answer.text.slice(0, answer.text.indexOf('\r\n\r\n')).toLowerCase()
  if (head.includes('set-cookie')) violations.push(`${name} forged a header`)
  if (status !== undefined && status >= 500)
    violations.push(`${name} was answered with the server's error ${status}: ${answer.text.slice(-200)}`)
  return violations
}

/** Requests that no browser would send. */
export const malformedRequests: readonly Attack[] = [
  {
    name: 'answers or closes every malformed request, and none with an error of the server',
    run: async ({ http1, violation }) => {
      for (const each of cases) judge(each, await exchange(http1, each[1], TIMEOUT_MS)).forEach(violation)
    },
    expectations: { requests: cases.length, maxSlots: 10 },
  },
  {
    name: 'survives malformed requests that are pipelined behind a good one',
    isLarge: true,
    run: async ({ openAll }) => {
      const sockets = await openAll(cases.length)
      for (const [index, socket] of sockets.entries()) {
        const [, odd] = cases[index] as RequestCase
        socket.write(Buffer.concat([Buffer.from(get()), Buffer.from(odd as string)]))
      }
    },
    expectations: { connections: cases.length },
  },
  {
    name: 'survives malformed requests that are cut off after every byte',
    isLarge: true,
    run: async ({ openAll }) => {
      const whole = get({ 'last-event-id': 'abc-1', expect: '100-continue' })
      const sockets = await openAll(whole.length)
      for (const [length, socket] of sockets.entries()) socket.end(whole.slice(0, length))
    },
    expectations: { connections: 1, requests: 200 },
  },
]
