import { element } from './element.ts'

const ENDS: Record<string, string> = {
  completed: 'imported',
  stopped: 'stopped',
  failed: 'failed',
  lost: 'worker lost',
}

let total = 0
let done = 0

/** Empties the page, for an attempt that begins from the start. */
export function showNothing(): void {
  total = 0
  done = 0
  element('skipped').textContent = ''
  element('problems').hidden = true
  showProgress(0)
}

export function showTotal(rows: number): void {
  total = rows
  showProgress(0)
}

export function showProgress(rows: number): void {
  done = rows
  element<HTMLProgressElement>('progress').value = total && done / total
  element('percent').textContent = `${total ? Math.floor((100 * done) / total) : 0} %`
  showDetail(total ? `${done} of ${total} rows` : 'Waiting for a worker')
}

export function showSkipped(line: number, reason: string): void {
  const item = document.createElement('li')
  item.textContent = `Line ${line}: ${reason}`
  element('skipped').append(item)
  element('problems').hidden = false
}

export function showDetail(text: string): void {
  element('detail').textContent = text
}

export function showState(state: string, label: string): void {
  element('status').dataset.state = state
  if (element('status').textContent === label) return
  element('status').textContent = label
  // The state alone: the numbers change too often to be read out.
  element('announcer').textContent = `Import: ${label}`
}

export function showEnd(status: string, message: string | undefined): void {
  showState(status, ENDS[status] ?? status)
  if (status === 'lost') showDetail(`The worker was killed after ${done} of ${total} rows`)
  if (status === 'stopped') showDetail(`Stopped after ${done} of ${total} rows`)
  if (status === 'failed') showDetail(message ?? 'The import has failed')
}
