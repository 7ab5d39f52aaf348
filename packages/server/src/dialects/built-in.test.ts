import { describe, expect, it } from 'vitest'
import type { ControlEncoder } from './control-encoder.ts'
import { aiSdk, graphql, plain } from './index.ts'

const reporter = {
  report(error: unknown) {
    throw error
  },
}
const quota = { code: 'quota', message: 'No credit' }
/** What may happen, as docs/guides/dialects.md lists it. */
const HAPPENINGS = {
  start: (control) => control.open('a-1', reporter),
  heartbeat: (control) => control.heartbeat('a-1', reporter),
  finished: (control) => control.end(undefined, reporter),
  failed: (control) => control.error(quota, reporter),
  'run completed': (control) => control.end({ status: 'completed' }, reporter),
  'run failed': (control) => control.end({ status: 'failed', ...quota }, reporter),
  'run lost': (control) => control.end({ status: 'lost' }, reporter),
  'run stopped': (control) => control.end({ status: 'stopped' }, reporter),
  gap: (control) => control.gap({ reason: 'trimmed' }, 'a-1', reporter),
  restarted: (control) => control.gap({ reason: 'restarted' }, 'a-1', reporter),
  closed: (control) => control.close(quota, 1_000, reporter),
} satisfies Record<string, (control: ControlEncoder) => string>

function table({ '@sse/dialect': control }: { readonly '@sse/dialect': ControlEncoder }) {
  return Object.fromEntries(Object.entries(HAPPENINGS).map(([what, encode]) => [what, encode(control)]))
}

const DONE = 'data: [DONE]\n\n'

describe('the dialect', () => {
  it('of the AI SDK is chunks, and [DONE] at every end', () => {
    const error = (errorText: string) => `data: {"type":"error","errorText":"${errorText}"}\n\n`
    expect(table(aiSdk())).toEqual({
      start: '',
      heartbeat: ':\n',
      finished: DONE,
      failed: error('No credit') + DONE,
      'run completed': DONE,
      'run failed': error('No credit') + DONE,
      'run lost': error('The answer was interrupted') + DONE,
      'run stopped': `data: {"type":"abort","reason":"stopped"}\n\n${DONE}`,
      gap: error('Parts of the answer are missing; load it again'),
      restarted: error('The answer was started again; load it again'),
      closed: error('No credit') + DONE,
    })
  })

  it('plain is an id at the start, an end, and the event error', () => {
    const error = ({ code, message }: typeof quota) =>
      `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: code, code, message } })}\n\n`
    const lost = error({ code: 'lost', message: 'The run was interrupted' })
    const expected = {
      start: 'id: a-1\n\n',
      heartbeat: ':\n',
      finished: DONE,
      failed: error(quota),
      'run completed': DONE,
      'run failed': error(quota),
      'run lost': lost,
      'run stopped': DONE,
      gap: '',
      restarted: '',
      closed: error(quota),
    }
    expect(table(plain())).toEqual(expected)
    const none = { finished: '', 'run completed': '', 'run stopped': '', closed: '' }
    expect(table(plain({ done: false }))).toEqual({ ...expected, ...none })
    expect(table(plain({ done: 'over\nnow' })).finished).toBe('data: over\ndata: now\n\n')
  })

  it('of GraphQL is next and complete alone', () => {
    const next = (code: string, message: string) =>
      `event: next\ndata: {"errors":[{"message":"${message}","extensions":{"code":"${code}"}}]}\n\n`
    const complete = 'event: complete\ndata: \n\n'
    expect(table(graphql())).toEqual({
      start: '',
      heartbeat: ':\n',
      finished: complete,
      failed: next('quota', 'No credit') + complete,
      'run completed': complete,
      'run failed': next('quota', 'No credit') + complete,
      'run lost': next('lost', 'The run was interrupted') + complete,
      'run stopped': complete,
      gap: next('gap', 'Events are missing: trimmed'),
      restarted: next('gap', 'Events are missing: restarted'),
      closed: '',
    })
  })
})
