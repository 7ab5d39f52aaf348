import type { Panel } from './panel.ts'
import { Recorder } from './recorder.ts'
import type { Redact } from './redact.ts'

export type { Redact } from './redact.ts'

export interface DevtoolsOptions {
  redact?: Redact
}

const TAG = 'sse-devtools'

/**
 * Shows `<sse-devtools>` at the bottom of the page: every feed of every copy of `@sse/client` in it, also those
 * made before. Nothing leaves the page: no request is made, and only whether the panel is open is stored.
 *
 * There is one to a page, with the options of the first call. Where there is no page nothing happens, and under the
 * condition `production` this is an empty function.
 *
 * @returns a function that removes it.
 */
export function mountDevtools({ redact }: DevtoolsOptions = {}): () => void {
  if (typeof document === 'undefined') return () => {}
  const panel = document.querySelector<Panel>(TAG) ?? createPanel(new Recorder(redact))
  let isWanted = true
  const show = () => isWanted && document.body.append(panel)
  if (document.body) show()
  else addEventListener('DOMContentLoaded', show, { once: true })
  return () => {
    isWanted = false
    panel.recorder.stop()
    panel.remove()
  }
}

/** Records at once, so that nothing is missed; what it looks like is loaded meanwhile, and never where there is no page. */
function createPanel(recorder: Recorder): Panel {
  const panel = Object.assign(document.createElement(TAG), { recorder }) as Panel
  recorder.start()
  import('./panel.ts').then(({ Panel }) => customElements.get(TAG) ?? customElements.define(TAG, Panel))
  return panel
}
