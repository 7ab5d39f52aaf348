import { type CSSResult, css } from 'lit'

/** Style of the list of connections. */
export const connectionStyle: CSSResult = css`
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
`
