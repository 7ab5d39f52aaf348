import { SseError } from '@sse/contract'
import { expect, it } from 'vitest'
import { explainFailure } from './explain-failure.ts'

it('a failure without a more exact next step names the page and anchor of its code', () => {
  const url = new URL('http://localhost:3000/leads')
  const idle = new SseError('idle', 'No bytes for 45 s')
  expect(explainFailure(idle, url)).toEqual({
    message: 'No bytes for 45 s',
    next: 'see docs/reference/errors.md#idle',
  })
  expect(explainFailure(new SseError('content_type', 'Not an event stream: text/html'), url).next).toContain(
    'check the path',
  )
})
