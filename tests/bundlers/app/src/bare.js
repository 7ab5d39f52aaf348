// The page without a stream: what React weighs.
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

createRoot(document.querySelector('#app')).render(createElement('p', { id: 'hook' }, ''))
