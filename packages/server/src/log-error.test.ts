import { SseError } from '@sse/contract'
import { afterEach, expect, it, vi } from 'vitest'
import { logError } from './log-error.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('an error on the console is followed by the page and anchor that describe its code', () => {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const known = new SseError('param_missing', 'sse: no parameter "owner"')
  const own = new SseError('plan_required', 'Upgrade to see this stream')
  const other = new TypeError('x is undefined')
  for (const error of [known, own, other]) logError(error)
  expect(log.mock.calls).toEqual([[known, 'See docs/reference/errors.md#param_missing'], [own], [other]])
})
