import { type CSSResult, css } from 'lit'

/** Events and changes of status, and one event in full. */
export const logStyle: CSSResult = css`
  .log {
    flex: 1;
    min-height: 0;
    display: flex;
  }
  .rows {
    flex: 1;
    min-width: 0;
    overflow: auto;
  }
  table {
    width: 100%;
    table-layout: fixed;
    border-collapse: collapse;
  }
  th {
    position: sticky;
    top: 0;
    padding: 3px 8px;
    text-align: left;
    font-weight: 550;
    color: var(--muted);
    background: var(--raised);
  }
  th:nth-child(1) {
    width: 104px;
  }
  th:nth-child(2) {
    width: 210px;
  }
  th:nth-child(3) {
    width: 110px;
  }
  th:nth-child(4) {
    width: 72px;
  }
  td {
    padding: 2px 8px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border-bottom: 1px solid var(--line);
  }
  td:first-child,
  th:first-child {
    padding-left: 14px;
  }
  .size {
    text-align: right;
  }
  td.time,
  td.size {
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }
  td.id,
  td.data,
  pre {
    font-family: ui-monospace, monospace;
    font-size: 11px;
  }
  tr.status {
    background: var(--raised);
  }
  tr.event {
    cursor: pointer;
  }
  tr.event:hover {
    background: var(--hover);
  }
  tr.selected {
    background: var(--chosen);
  }
  button.name,
  button.name[aria-pressed] {
    max-width: 100%;
    min-height: 0;
    padding: 0 3px;
    margin-left: -3px;
    overflow: hidden;
    text-overflow: ellipsis;
    vertical-align: bottom;
    font-weight: 550;
    background: none;
    border: 0;
    border-radius: 3px;
  }
  .note {
    padding: 6px 14px;
    color: var(--muted);
  }

  .details {
    flex: 0 0 38%;
    min-width: 0;
    display: flex;
    flex-direction: column;
    background: var(--back);
    border-left: 1px solid var(--line);
  }
  .details header {
    display: flex;
    justify-content: space-between;
    align-items: center;
    padding: 4px 8px 4px 14px;
  }
  dl {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0 12px;
    padding: 0 14px 6px;
    overflow-wrap: anywhere;
  }
  dt {
    color: var(--muted);
  }
  pre {
    flex: 1;
    min-height: 0;
    overflow: auto;
    padding: 8px 14px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    background: var(--raised);
  }
`
