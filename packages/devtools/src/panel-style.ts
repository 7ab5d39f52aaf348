import { type CSSResult, css } from 'lit'

export const panelStyle: CSSResult = css`
  :host {
    all: initial;
    color-scheme: light dark;
    position: fixed;
    inset: auto 0 0;
    z-index: 2147483647;
    pointer-events: none;
    --back: light-dark(#ffffff, #16181d);
    --raised: light-dark(#f4f5f7, #1f2228);
    --hover: light-dark(#ebedf0, #292d35);
    --chosen: light-dark(#e2ecfb, #1d3150);
    --line: light-dark(#d9dce1, #33373f);
    --text: light-dark(#1b1f24, #e8eaed);
    --muted: light-dark(#565d66, #a6adb8);
    --blue: light-dark(#0a58b5, #79b8ff);
    --green: light-dark(#0e6e3a, #56d492);
    --amber: light-dark(#8a5200, #f3b84f);
    --violet: light-dark(#6140c4, #baa7ff);
    --red: light-dark(#b81f28, #ff9a94);
    --grey: light-dark(#6b727b, #8b929c);
    color: var(--text);
    font: 12px/1.45 system-ui, sans-serif;
  }
  @media print {
    :host {
      display: none;
    }
  }
  *,
  ::before {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  dl,
  dd,
  pre {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
    background: var(--back);
    border: 1px solid var(--line);
    border-radius: 6px;
    padding: 3px 9px;
    min-height: 26px;
  }
  button,
  select {
    cursor: pointer;
  }
  button:hover {
    background: var(--hover);
  }
  button[aria-pressed='true'] {
    background: var(--chosen);
  }
  :focus-visible {
    outline: 2px solid var(--blue);
    outline-offset: -1px;
  }

  .tab,
  .panel {
    pointer-events: auto;
    background: var(--back);
    border: 1px solid var(--line);
    box-shadow: 0 2px 16px light-dark(#1b1f2433, #00000080);
  }
  .tab {
    position: absolute;
    right: 16px;
    bottom: 16px;
    display: flex;
    align-items: center;
    gap: 7px;
    padding: 6px 13px;
    border-radius: 99px;
    font-weight: 600;
  }
  .count {
    color: var(--muted);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }
  .panel {
    display: flex;
    flex-direction: column;
    height: min(380px, 70vh);
    border-width: 1px 0 0;
  }
  .panel > header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    padding: 6px 10px 6px 14px;
    border-bottom: 1px solid var(--line);
  }
  h2,
  h3 {
    font-size: 13px;
    font-weight: 650;
  }
  .tools {
    display: flex;
    flex: 1;
    justify-content: flex-end;
    gap: 6px;
  }
  input {
    width: 210px;
    min-width: 0;
  }
  ::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  .close {
    display: grid;
    place-items: center;
    width: 28px;
    padding: 0;
  }
  .close svg {
    width: 14px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.7;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .empty {
    padding: 24px 14px;
    color: var(--muted);
  }

  .body {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template-columns: 250px minmax(0, 1fr);
  }
  nav {
    overflow: auto;
    background: var(--raised);
    border-right: 1px solid var(--line);
  }
  .connection {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    align-items: baseline;
    column-gap: 8px;
    width: 100%;
    padding: 7px 12px;
    text-align: left;
    background: none;
    border: 0;
    border-bottom: 1px solid var(--line);
    border-radius: 0;
  }
  .connection[aria-current] {
    background: var(--chosen);
  }
  .path {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 550;
  }
  .about {
    grid-column: 2;
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }

  .dot {
    display: inline-block;
    width: 8px;
    height: 8px;
    margin-right: 6px;
    border-radius: 50%;
    background: var(--grey);
  }
  .connection .dot,
  .tab .dot {
    margin: 0;
  }
  .pill,
  .badge {
    padding: 1px 7px;
    border: 1px solid;
    border-radius: 99px;
    font-size: 11px;
    white-space: nowrap;
  }
  .pill {
    font-weight: 650;
  }
  .badge {
    color: var(--muted);
  }
  .dot.open {
    background: var(--green);
  }
  .dot.connecting {
    background: var(--blue);
  }
  .dot.waiting {
    background: var(--amber);
  }
  .dot.paused {
    background: var(--violet);
  }
  .pill.open {
    color: var(--green);
  }
  .pill.connecting {
    color: var(--blue);
  }
  .pill.waiting,
  .badge.gap,
  .badge.unknown {
    color: var(--amber);
  }
  .dot.failed {
    background: var(--red);
  }
  rect.failed {
    fill: var(--red);
  }
  .pill.paused {
    color: var(--violet);
  }
  .pill.failed,
  .badge.invalid,
  .badge.problem,
  dd.problem {
    color: var(--red);
  }

  .feed {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
  }
  .summary {
    padding: 8px 14px;
    border-bottom: 1px solid var(--line);
  }
  .state {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 8px;
  }
  .next {
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }
  .url {
    margin-top: 3px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-family: ui-monospace, monospace;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 0 14px;
    color: var(--muted);
    font-variant-numeric: tabular-nums;
  }
  .timeline {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    margin-top: 6px;
    color: var(--muted);
    font-size: 10px;
  }
  .timeline svg {
    flex: 0 0 100%;
    height: 10px;
    border-radius: 3px;
    background: var(--raised);
  }
  rect {
    fill: var(--grey);
  }
  rect.open {
    fill: var(--green);
  }
  rect.connecting {
    fill: var(--blue);
  }
  rect.waiting {
    fill: var(--amber);
  }
  rect.paused {
    fill: var(--violet);
  }
  rect.mark {
    fill: var(--red);
  }

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
