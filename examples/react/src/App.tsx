import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/react'
import { useState } from 'react'
import { orders } from './orders.ts'

const euro = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

export function App() {
  const [isOn, setIsOn] = useState(true)
  const feed = useStream(orders, { enabled: isOn })
  const { state } = useStreamStatus(feed)
  const revenue = useLatest(feed, 'revenue', { initial: 0 })
  const latest = useLatest(feed, 'order')
  const recent = useEvents(feed, 'order', { limit: 6 })

  return (
    <>
      <header>
        <h1>Orders, live</h1>
        <p className="status" data-state={state} role="status">
          {state}
        </p>
      </header>
      <dl>
        <div>
          <dt>Orders today</dt>
          <dd id="count">{latest?.number ?? 0}</dd>
        </div>
        <div>
          <dt>Revenue</dt>
          <dd id="revenue">{euro.format(revenue)}</dd>
        </div>
        <div>
          <dt>Latest</dt>
          <dd id="latest">{latest?.item ?? 'none yet'}</dd>
        </div>
      </dl>
      <h2>Newest first</h2>
      <ol>
        {recent.toReversed().map(({ id, payload }) => (
          <li key={id}>
            <span className="number">#{payload.number}</span> {payload.item}
            <span className="price">{euro.format(payload.price)}</span>
          </li>
        ))}
      </ol>
      <button type="button" onClick={() => setIsOn(!isOn)}>
        {isOn ? 'Stop listening' : 'Listen again'}
      </button>
    </>
  )
}
