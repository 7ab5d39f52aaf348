import { useEvents, useLatest, useStream, useStreamStatus } from '@sse/solid'
import { createSignal, For } from 'solid-js'
import { orders } from './orders.ts'

const euro = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

export function App() {
  const [isOn, setIsOn] = createSignal(true)
  const feed = useStream(orders, () => ({ enabled: isOn() }))
  const status = useStreamStatus(feed)
  const revenue = useLatest(feed, 'revenue', { initial: 0 })
  const latest = useLatest(feed, 'order')
  const recent = useEvents(feed, 'order', { limit: 6 })

  return (
    <>
      <header>
        <h1>Orders, live</h1>
        <p class="status" data-state={status().state} role="status">
          {status().state}
        </p>
      </header>
      <dl>
        <div>
          <dt>Orders today</dt>
          <dd id="count">{latest()?.number ?? 0}</dd>
        </div>
        <div>
          <dt>Revenue</dt>
          <dd id="revenue">{euro.format(revenue())}</dd>
        </div>
        <div>
          <dt>Latest</dt>
          <dd id="latest">{latest()?.item ?? 'none yet'}</dd>
        </div>
      </dl>
      <h2>Newest first</h2>
      <ol>
        <For each={recent().toReversed()}>
          {({ payload }) => (
            <li>
              <span class="number">#{payload.number}</span> {payload.item}
              <span class="price">{euro.format(payload.price)}</span>
            </li>
          )}
        </For>
      </ol>
      <button type="button" onClick={() => setIsOn(!isOn())}>
        {isOn() ? 'Stop listening' : 'Listen again'}
      </button>
    </>
  )
}
