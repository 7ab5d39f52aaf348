import { addToChart } from './chart.ts'
import { element } from './element.ts'

/** A screen reader that spoke every second could say nothing else. */
const ANNOUNCE_EVERY = 15

let count = 0
let sum = 0
let lowest = Number.POSITIVE_INFINITY
let highest = Number.NEGATIVE_INFINITY

export function showNumber(value: number): void {
  count += 1
  sum += value
  lowest = Math.min(lowest, value)
  highest = Math.max(highest, value)

  const shown = element('number')
  shown.textContent = String(value)
  // Restarts the animation.
  shown.classList.remove('fresh')
  void shown.offsetWidth
  shown.classList.add('fresh')

  element('count').textContent = count.toLocaleString()
  element('average').textContent = (sum / count).toFixed(1)
  element('lowest').textContent = String(lowest)
  element('highest').textContent = String(highest)
  if (count % ANNOUNCE_EVERY === 1) element('announcer').textContent = `Latest number ${value}`
  addToChart(value)
}
