import { type CSSResult, css } from 'lit'

/** Style of one feed's summary. */
export const feedStyle: CSSResult = css`
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
`
