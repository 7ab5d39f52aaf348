/** One event as the standard dispatches it: its name, its data, and the last event id at that moment. */
export type Dispatched = [event: string, data: string, lastEventId: string]

export type TransportName =
  | 'fetch'
  | 'XMLHttpRequest'
  | 'native Chromium'
  | 'native Firefox'
  | 'polyfill'
  | 'EventSource class'
  | 'native WebKit'

export interface ParsingCase {
  name: string
  /** The stream: text as UTF-8, numbers as bytes. Pieces of a list arrive one by one. */
  stream: string | (string | number[])[]
  events: Dispatched[]
  /** Who does otherwise, and how: asserted too, so that a change is noticed. */
  deviations?: Partial<Record<TransportName, Dispatched[]>>
  /** Deviations of a transport in WebKit alone. */
  inWebKit?: Partial<Record<TransportName, Dispatched[]>>
}

const BOM = [0xef, 0xbb, 0xbf]

/**
 * The standard's rules for reading an event stream, one case each.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export const PARSING: ParsingCase[] = [
  { name: 'a data line and a blank line', stream: 'data: a\n\n', events: [['message', 'a', '']] },
  { name: 'no space after the colon', stream: 'data:a\n\n', events: [['message', 'a', '']] },
  {
    name: 'one space after the colon is removed, a second is data',
    stream: 'data:  a \n\n',
    events: [['message', ' a ', '']],
  },
  { name: 'a tab is data', stream: 'data:\ta\n\n', events: [['message', '\ta', '']] },
  { name: 'a colon in the data', stream: 'data: a: b:\n\n', events: [['message', 'a: b:', '']] },
  { name: 'several data lines', stream: 'data: a\ndata:\ndata: b\n\n', events: [['message', 'a\n\nb', '']] },
  { name: 'a first data line that is empty', stream: 'data:\ndata: a\n\n', events: [['message', '\na', '']] },
  { name: 'data that is empty', stream: 'data:\n\n', events: [['message', '', '']] },
  { name: 'two data lines, both empty', stream: 'data:\ndata:\n\n', events: [['message', '\n', '']] },
  {
    name: 'a field without a colon',
    stream: 'data\n\ndata\ndata\n\n',
    events: [
      ['message', '', ''],
      ['message', '\n', ''],
    ],
  },
  {
    name: 'CR as line end',
    stream: 'data: a\rdata: b\r\rdata: c\r\r',
    events: [
      ['message', 'a\nb', ''],
      ['message', 'c', ''],
    ],
  },
  { name: 'CRLF as line end', stream: 'data: a\r\ndata: b\r\n\r\n', events: [['message', 'a\nb', '']] },
  {
    name: 'mixed line ends',
    stream: 'data: a\rdata: b\r\ndata: c\n\r\n',
    events: [['message', 'a\nb\nc', '']],
  },
  {
    name: 'LF CR is two line ends',
    stream: 'data: a\n\rdata: b\n\n',
    events: [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  },
  {
    name: 'CRLF split between chunks',
    stream: ['data: a\r', '\n\r', '\ndata: b\r\n', '\r\n'],
    events: [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  },
  {
    name: 'a line split between chunks',
    stream: ['da', 'ta', ':', ' a', 'b\n', '\n'],
    events: [['message', 'ab', '']],
  },
  {
    name: 'a character split between chunks',
    stream: ['data: ', [0xf0], [0x9f, 0x98], [0x80], '\n\n'],
    events: [['message', '😀', '']],
  },
  {
    name: 'bytes that are not valid UTF-8',
    stream: ['data: ', [0xff, 0xc3], '\n\n'],
    events: [['message', '\ufffd\ufffd', '']],
  },
  { name: 'one BOM is removed', stream: [BOM, 'data: a\n\n'], events: [['message', 'a', '']] },
  {
    name: 'a BOM split between chunks',
    stream: [[0xef], [0xbb], [0xbf], 'data: a\n\n'],
    events: [['message', 'a', '']],
    deviations: { 'native WebKit': [] }, // loses the event
    inWebKit: { XMLHttpRequest: [] }, // its decoder keeps the BOM
  },
  {
    name: 'a second BOM is content',
    stream: [BOM, BOM, 'data: a\n\ndata: b\n\n'],
    events: [['message', 'b', '']],
  },
  {
    name: 'a later BOM is content',
    stream: ['data: a\n\n', BOM, 'data: b\n\ndata: c\n\n'],
    events: [
      ['message', 'a', ''],
      ['message', 'c', ''],
    ],
  },
  {
    name: 'the text "ï»¿" is not a BOM',
    stream: 'ï»¿data: a\n\ndata: b\n\n',
    events: [['message', 'b', '']],
  },
  { name: 'comments are ignored', stream: ':\n: data: a\n:::\ndata: b\n\n', events: [['message', 'b', '']] },
  { name: 'a comment before an event', stream: ': ping\n\ndata: a\n\n', events: [['message', 'a', '']] },
  {
    name: 'a very long comment',
    stream: `:${'x'.repeat(70_000)}\n\ndata: a\n\n`,
    events: [['message', 'a', '']],
  },
  {
    name: 'unknown fields are ignored',
    stream: 'date: a\nDATA: b\n data: c\ndata : d\ndata: e\n\n',
    events: [['message', 'e', '']],
  },
  {
    name: 'an event name',
    stream: 'event: tick\ndata: a\n\ndata: b\n\n',
    events: [
      ['tick', 'a', ''],
      ['message', 'b', ''],
    ],
  },
  {
    name: 'the last event name wins',
    stream: 'event: tick\nevent: tock\ndata: a\n\n',
    events: [['tock', 'a', '']],
  },
  {
    name: 'an empty name is "message"',
    stream: 'event: tick\nevent:\ndata: a\n\n',
    events: [['message', 'a', '']],
  },
  {
    name: 'an event name without data is discarded',
    stream: 'event: tick\n\ndata: a\n\n',
    events: [['message', 'a', '']],
  },
  {
    name: 'names of object properties',
    stream: 'event: __proto__\ndata: a\n\nevent: constructor\ndata: b\n\n',
    events: [
      ['__proto__', 'a', ''],
      ['constructor', 'b', ''],
    ],
  },
  {
    name: 'names of EventSource’s own events',
    stream: 'event: open\ndata: a\n\nevent: error\ndata: b\n\n',
    events: [
      ['open', 'a', ''],
      ['error', 'b', ''],
    ],
  },
  { name: 'an id', stream: 'id: 1\ndata: a\n\n', events: [['message', 'a', '1']] },
  {
    name: 'an id applies to later events',
    stream: 'id: 1\ndata: a\n\ndata: b\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', '1'],
    ],
  },
  {
    name: 'an empty id resets',
    stream: 'id: 1\ndata: a\n\nid\ndata: b\n\nid: 2\ndata: c\n\nid:\ndata: d\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', ''],
      ['message', 'c', '2'],
      ['message', 'd', ''],
    ],
  },
  {
    name: 'an id of any characters',
    stream: 'id: é漢😀 :\ndata: a\n\n',
    events: [['message', 'a', 'é漢😀 :']],
  },
  {
    name: 'an id with NUL is ignored',
    stream: ['id: 1\ndata: a\n\n', 'id: 2', [0], '\ndata: b\n\n'],
    events: [
      ['message', 'a', '1'],
      ['message', 'b', '1'],
    ],
    deviations: {
      'native Firefox': [['message', 'a', '1']], // loses the event
      polyfill: [
        ['message', 'a', '1'],
        ['message', 'b', '2\0'],
      ],
    },
  },
  {
    name: 'a block with only an id',
    stream: 'id: 1\n\ndata: a\n\n',
    events: [['message', 'a', '1']],
    deviations: { 'native Firefox': [['message', 'a', '']] },
  },
  {
    name: 'data with NUL',
    stream: ['data: a', [0], 'b\n\n'],
    events: [['message', 'a\0b', '']],
    deviations: { 'native Firefox': [['message', 'ab', '']] },
  },
  { name: 'retry dispatches no event', stream: 'retry: 5000\n\ndata: a\n\n', events: [['message', 'a', '']] },
  {
    name: 'a block without its blank line is dropped',
    stream: 'data: a\n\ndata: b\nid: 2\n',
    events: [['message', 'a', '']],
  },
  {
    name: 'a line without a line end is dropped',
    stream: 'data: a\n\ndata: b',
    events: [['message', 'a', '']],
  },
  { name: 'blank lines', stream: '\n\n\n\ndata: a\n\n\n\n', events: [['message', 'a', '']] },
  {
    name: 'a megabyte in one line',
    stream: `data: ${'x'.repeat(1_000_000)}\n\n`,
    events: [['message', 'x'.repeat(1_000_000), '']],
  },
]
