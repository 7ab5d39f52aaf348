import '@sse/devtools/mount'
import { connect } from '@sse/client'
import { useEvents, useStream } from '@sse/react'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { orders } from './orders.js'

const feed = connect(orders)
feed.on('order', (order) => {
  document.querySelector('#client').textContent += `${order};`
})

function Orders() {
  const recent = useEvents(useStream(orders), 'order', { limit: 3 })
  return createElement('p', { id: 'hook' }, recent.map(({ payload }) => `${payload};`).join(''))
}
createRoot(document.querySelector('#app')).render(createElement(Orders))
