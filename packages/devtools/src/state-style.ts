import { type CSSResult, css } from 'lit'

/** Style of dots, pills, badges and bars: one colour per state and problem. */
export const stateStyle: CSSResult = css`
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
`
