/** What the first migration makes, beside the functions. Somebody else's relations by these names are left alone. */
export const RELATIONS = ['meta', 'logs', 'outbox', 'entries', 'commits', 'processes', 'members'] as const

/**
 * The tables, for a schema's quoted name. Names compare by bytes. What changes with every event leaves room for it on
 * its page and is cleaned up soon.
 */
export const tables = (schema: string): string => `
CREATE TABLE ${schema}.meta (owner text NOT NULL, version integer NOT NULL);

CREATE TABLE ${schema}.logs (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  epoch text NOT NULL,
  head bigint NOT NULL DEFAULT 0,
  trimmed bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- What is committed here has no place in the order yet.
CREATE TABLE ${schema}.outbox (
  log integer NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  channel text NOT NULL,
  event text NOT NULL,
  data text NOT NULL,
  key text,
  idempotency_key text,
  PRIMARY KEY (log, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE ${schema}.entries (
  log integer NOT NULL,
  position bigint NOT NULL,
  at bigint NOT NULL,
  channel text COLLATE "C" NOT NULL,
  event text NOT NULL,
  data text NOT NULL,
  key text,
  idempotency_key text COLLATE "C",
  PRIMARY KEY (log, position)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX entries_by_channel ON ${schema}.entries (log, channel, position);
CREATE UNIQUE INDEX entries_by_idempotency_key ON ${schema}.entries (log, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE ${schema}.commits (
  log integer NOT NULL,
  subscriber text COLLATE "C" NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, subscriber)
) WITH (fillfactor = 70);

-- A crash of the server takes the connections anyway.
CREATE UNLOGGED TABLE ${schema}.processes (
  log integer NOT NULL,
  process text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (log, process)
);
CREATE UNLOGGED TABLE ${schema}.members (
  log integer NOT NULL,
  channel text COLLATE "C" NOT NULL,
  identity text COLLATE "C" NOT NULL,
  process text COLLATE "C" NOT NULL,
  PRIMARY KEY (log, channel, identity, process)
);
CREATE INDEX members_by_process ON ${schema}.members (log, process);
`
