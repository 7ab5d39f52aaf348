import { connect } from '@sse/client'
import { counter } from './counter.ts'

/** What `restart.test.ts` asks the page for. */
export interface RestartPage {
  /** Number of the browser's own `EventSource`s that have closed for good. */
  closed(): number
  /** The numbers that every stream has received, in the order of the streams. */
  seen(): number[][]
}

const params = new URLSearchParams(location.search)
const seen: number[][] = []
const sources = Array.from({ length: Number(params.get('native') ?? 0) }, () => {
  const numbers: number[] = []
  seen.push(numbers)
  const source = new EventSource(counter.path)
  source.addEventListener('n', ({ data }) => numbers.push(JSON.parse(data)))
  return source
})
if (params.has('connect')) {
  const numbers: number[] = []
  seen.push(numbers)
  connect(counter).on('n', (n) => numbers.push(n))
}
const page: RestartPage = {
  closed: () => sources.filter(({ readyState }) => readyState === EventSource.CLOSED).length,
  seen: () => seen,
}
Object.assign(window, { page })
