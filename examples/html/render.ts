import { type Html, html } from './html.ts'

export interface Lead {
  id: number
  name: string
  note: string
  /** When it was added, in milliseconds since 1970. */
  at: number
}

/** Returns the content of `#board`. The whole board, so that receiving it twice changes nothing. */
export function renderBoard(leads: Lead[]): Html {
  if (leads.length === 0) {
    return html`<p class="empty"><strong>No leads yet</strong> Add the first one with the form. It appears in every open tab.</p>`
  }
  return html`<ol>${leads.map(renderLead)}</ol>`
}

/** Returns the same content as an action of Turbo. */
export function renderTurboBoard(leads: Lead[]): Html {
  return html`<turbo-stream action="update" target="board"><template>${renderBoard(leads)}</template></turbo-stream>`
}

/** Returns the same content in Datastar's protocol, each of whose lines begins with a word of it. */
export function renderDatastarBoard(leads: Lead[]): string {
  return html`<div id="board">${renderBoard(leads)}</div>`.text.replaceAll(/^/gm, 'fragments ')
}

function renderLead({ id, name, note, at }: Lead): Html {
  const iso = new Date(at).toISOString()
  const time = html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
  return html`<li id="lead-${id}"><h2>${name}</h2>${time}${note === '' ? '' : html`<p>${note}</p>`}</li>`
}

export interface FormState {
  name: string
  note: string
  error: string
}

export const EMPTY_FORM: FormState = { name: '', note: '', error: '' }

/**
 * Returns the form that adds a lead.
 *
 * @param attributes - what the client needs to submit it without leaving the page.
 * @param isAnswer - whether it replaces a submitted form, and takes the focus.
 */
export function renderForm(attributes: Html, { name, note, error }: FormState, isAnswer: boolean): Html {
  return html`<form id="form" method="post" ${attributes}>
  <label for="name">Name</label>
  <input id="name" name="name" value="${name}" maxlength="120" required autocomplete="off"${isAnswer ? html` autofocus` : ''}>
  <label for="note">Note <span>optional</span></label>
  <textarea id="note" name="note" rows="3" maxlength="500">
${note}</textarea>
  ${error === '' ? '' : html`<p class="error" role="alert">${error}</p>`}
  <button>Add lead</button>
</form>`
}
