import { describe, expect, it } from 'vitest'
import { compareResumed, findResumePoint, type StreamItem } from './resume-point.ts'

const item = (
  id: string | undefined,
  event: string | undefined = 'lead',
  data = `data of ${id}`,
): StreamItem => ({
  atMs: 0,
  id,
  event,
  data,
})
const numbered = (...ids: number[]) => ids.map((id) => item(String(id)))

describe('the point to resume after', () => {
  it('is in the middle of the events', () => {
    expect(findResumePoint(numbered(1, 2, 3, 4, 5))).toMatchObject({ id: '3', before: ['1', '2'] })
    expect(findResumePoint(numbered(1, 2))).toMatchObject({ id: '1', expected: [{ id: '2' }] })
  })

  it('leaves at most 20 events to compare, so that it is recent on a long stream', () => {
    const point = findResumePoint(numbered(...Array.from({ length: 1_000 }, (_, index) => index)))
    expect(point).toMatchObject({ id: '979' })
    expect(point?.expected).toHaveLength(20)
  })

  it('is the position of a control event, or an id without an event, before a single event', () => {
    expect(findResumePoint([item('p', 'sse.open'), item('1')])).toMatchObject({
      id: 'p',
      expected: [{ id: '1' }],
    })
    expect(findResumePoint([item('p', undefined), item('1')])).toMatchObject({ id: 'p' })
  })

  it('does not exist without two ids, with ids that repeat, and without events', () => {
    expect(findResumePoint([])).toBeUndefined()
    expect(findResumePoint([item('1')])).toBeUndefined()
    expect(findResumePoint([item(undefined), item(undefined)])).toBeUndefined()
    expect(findResumePoint([...numbered(1, 2), ...numbered(1)])).toBeUndefined()
    expect(
      findResumePoint([item('1', 'sse.open'), item('2', 'sse.heartbeat'), item('3', 'ping')]),
    ).toBeUndefined()
  })
})

describe('what a second connection received', () => {
  const point = { id: '3', before: ['1', '2'], expected: numbered(4, 5, 6) }

  it.each([
    ['exact', [item('3', 'sse.open'), ...numbered(4, 5, 6, 7)]],
    ['exact', numbered(4)],
    ['nothing', [item('9', 'sse.heartbeat')]],
    ['gap', [item('4', 'sse.gap'), ...numbered(4)]],
    ['repeated', numbered(3, 4, 5)],
    ['restarted', numbered(1, 2, 3)],
    ['ignored', numbered(7, 8)],
    ['missing', numbered(5, 6)],
    ['missing', numbered(4, 6)],
    ['disordered', numbered(4, 9)],
    ['changed', [item('4', 'lead', 'other')]],
    ['changed', [item('4', 'count', 'data of 4')]],
  ])('is %s', (kind, items) => {
    expect(compareResumed(point, items).kind).toBe(kind)
  })
})
