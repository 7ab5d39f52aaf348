import { type CSSResult, css } from 'lit'

/** A phone: one below the other. */
export const narrowStyle: CSSResult = css`
  @media (max-width: 640px) {
    .panel {
      height: 75vh;
    }
    .tools {
      flex: 1 0 100%;
      min-width: 0;
    }
    input {
      flex: 1 1 0;
      width: 0;
    }
    .body {
      grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
    }
    nav {
      border-right: 0;
      scrollbar-width: none;
      border-bottom: 1px solid var(--line);
    }
    ul {
      display: flex;
    }
    li {
      flex: 0 0 210px;
      border-right: 1px solid var(--line);
    }
    .connection {
      align-content: start;
      height: 100%;
      border: 0;
    }
    table,
    tbody {
      display: block;
    }
    thead,
    td.id {
      display: none;
    }
    tr {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr) auto;
      padding: 2px 0;
      border-bottom: 1px solid var(--line);
    }
    td {
      border: 0;
      padding-block: 1px;
    }
    td:last-child {
      grid-column: 1 / -1;
      padding-left: 14px;
    }
    td:last-child:empty {
      display: none;
    }
    tr.status td:last-child {
      white-space: normal;
    }
    .log {
      position: relative;
    }
    .details {
      position: absolute;
      inset: 0;
      border: 0;
    }
  }
`
