import { describe, expect, it } from 'vitest'
import { type RelayedEvent, RelayHistory } from './relay-history.ts'

/** Entries from a notation: `1a` is event 1 that set the id `a`, `2` an event without an id. */
function entries(id: string, ...notation: string[]): RelayedEvent[] {
  let current = id
  return notation.map((text, index) => {
    const set = text.slice(1)
    if (set) current = set
    return { at: [7, index + 1], id: current, setsId: set !== '', event: 'n', data: text[0] ?? '' }
  })
}

function history(...notation: string[]): RelayHistory {
  const relayed = new RelayHistory([7, 0], '')
  for (const entry of entries('', ...notation)) relayed.push(entry)
  return relayed
}

const data = (found: RelayedEvent[] | undefined) => found?.map((entry) => entry.data).join('')

describe('RelayHistory', () => {
  it('returns what came after an id, including events without one', () => {
    expect(data(history('1a', '2', '3', '4b').afterId('a'))).toBe('234')
  })

  it('returns what came after the newest event that set an id', () => {
    expect(data(history('1a', '2a', '3').afterId('a'))).toBe('3')
  })

  it('does not know an id that no event set, or that a trimmed event had before one without', () => {
    expect(history('1a').afterId('b')).toBe(undefined)
    const relayed = new RelayHistory([7, 0], 'start')
    const many = entries('start', '1', ...Array.from({ length: 1_001 }, () => '2'))
    for (const entry of many) relayed.push(entry)
    expect(relayed.afterId('start')).toBe(undefined)
  })

  it('returns everything after the id it starts at', () => {
    const relayed = new RelayHistory([7, 0], 'start')
    for (const entry of entries('start', '1', '2a')) relayed.push(entry)
    expect(data(relayed.afterId('start'))).toBe('12')
  })

  it('tells the id at its end only if the newest event set it', () => {
    expect(history('1a', '2b').endId).toBe('b')
    expect(history('1a', '2').endId).toBe(undefined)
    expect(new RelayHistory([7, 0], 'start').endId).toBe('start')
  })

  it('returns what came after a position, also across leaders', () => {
    const relayed = history('1a', '2b')
    relayed.continueAs([8, 0])
    relayed.push({ at: [8, 1], id: 'c', setsId: true, event: 'n', data: '3' })
    expect(data(relayed.afterPosition([7, 1]))).toBe('23')
    expect(data(relayed.afterPosition([7, 0]))).toBe('123')
    expect(relayed.afterPosition([8, 1])).toEqual([])
    expect(relayed.afterPosition([9, 1])).toBe(undefined)
  })
})
