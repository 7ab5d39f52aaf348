/** What is published: JSON of about 650 bytes, as an app sends it. Half of its bytes are different in each event. */
export interface Lead {
  n: number
  [member: string]: unknown
}

const WORDS =
  'request offer price shipping quote follow call back tomorrow morning budget approved decision maker contract renewal demo schedule meeting urgent delivery stock supplier factory sample invoice payment terms discount volume region manager team review pending confirmed new lead customer asked about details catalog'.split(
    ' ',
  )
const FIRST = 'Ada Grace Alan Edsger Barbara Donald Margaret Linus Ken Dennis Bjarne Guido'.split(' ')
const LAST = 'Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Torvalds Thompson Ritchie'.split(' ')
/** Seven digits, so that ids and numbers have the same length in every event. */
const FIRST_NUMBER = 1_000_000
const STARTED_AT = Date.UTC(2026, 10, 1)
const NOTE_WORDS = 27

/** The same lead for the same number, in every process. */
export function makeLead(index: number): Lead {
  const random = randomFrom(index)
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = (items: readonly string[]) => items[below(items.length)] as string
  const hex = (length: number) => Array.from({ length }, () => below(16).toString(16)).join('')
  const [first, last] = [pick(FIRST), pick(LAST)]
  const createdAt = STARTED_AT + index * 1357
  return {
    n: FIRST_NUMBER + index,
    id: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(createdAt + below(1000)).toISOString(),
    owner: `user-${below(5000)}`,
    status: pick(['new', 'assigned', 'contacted', 'won', 'lost']),
    priority: below(5),
    contact: {
      name: `${first} ${last}`,
      email: `${first}.${last}${below(100)}@example.com`.toLowerCase(),
      phone: `+49${1e9 + below(9e9)}`,
      company: `${pick(LAST)} GmbH`,
      country: pick(['DE', 'CN', 'US', 'FR', 'BR']),
    },
    source: pick(['web', 'fair', 'referral', 'import']),
    product: {
      sku: `SKU-${below(100_000)}`,
      quantity: below(1000),
      price: below(1_000_000) / 100,
      currency: 'EUR',
    },
    tags: [pick(WORDS), pick(WORDS)],
    note: Array.from({ length: NOTE_WORDS }, () => pick(WORDS)).join(' '),
  }
}

/** Mulberry32: a small generator whose numbers follow from its seed. */
function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
