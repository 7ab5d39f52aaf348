/** The one payload of every row: always 100 bytes of JSON. */
export interface Tick {
  n: number
  text: string
}

/** Seven digits, so that every payload has the same length. */
const FIRST = 1_000_000
/** Stands once in every payload and nowhere else in a response: counting it counts events. */
export const MARK = '~'
const PAYLOAD_BYTES = 100
const TEXT = MARK.padEnd(PAYLOAD_BYTES - JSON.stringify({ n: FIRST, text: '' }).length, 'x')

/** What one measurement asks of every connection. */
export interface Run {
  connections: number
  eventsPerConnection: number
  /** How many events the generator yields before it waits for the next turn of the event loop. */
  eventsPerTurn: number
}

export function tick(index: number): Tick {
  return { n: FIRST + index, text: TEXT }
}

/** The source of every row: `shape` makes of a tick what the row's library wants yielded. */
export type Ticks = <Item>(shape: (tick: Tick) => Item) => AsyncGenerator<Item, void>

export const asIs = (tick: Tick): Tick => tick

/** Makes the source for one run; the generators hold their first event back until `gate` opens. */
export function createTicks(
  { eventsPerConnection, eventsPerTurn }: Run,
  gate: Promise<void>,
  onStarted: () => void,
): Ticks {
  return async function* ticks(shape) {
    onStarted()
    await gate
    for (let index = 0; index < eventsPerConnection; index++) {
      if (index > 0 && index % eventsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
      yield shape(tick(index))
    }
  }
}
