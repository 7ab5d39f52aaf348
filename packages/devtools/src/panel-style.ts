import { type CSSResult, css } from 'lit'

/** Style of the frame and its header, and the colours. */
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
`
