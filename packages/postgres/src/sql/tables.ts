/** Tables of the first migration. Relations of another program with these names are left alone. */
export const RELATIONS = [
  'meta',
  'logs',
  'outbox',
  'rejected',
  'entries',
  'commits',
  'processes',
  'members',
  'offers',
] as const

/** Maximum size of one payload in bytes of UTF-8: a message of Postgres ends at 1 GiB. */
export const MAX_DATA_BYTES = 67_108_864
/** Latest time of an entry, in milliseconds since 1970: a time in microseconds is a mistake, and would never be trimmed. */
export const MAX_AT = 99_999_999_999_999

/** Columns of an event. */
const eventColumns = `
  channel text COLLATE "C" NOT NULL,
  event text NOT NULL,
  data text NOT NULL,
  key text,
  idempotency_key text COLLATE "C",
  -- Of the publisher, as in W3C Trace Context. NULL for most events.
  traceparent text`

/** Returns the constraint of a table with these columns. Its function raises an error that names the column. */
const isEvent = (schema: string, isJson: boolean): string =>
  `CHECK (${schema}.is_event(channel, event, data, key, idempotency_key, traceparent, ${isJson}))`

const CONTROL = `'[\\u0001-\\u001F\\u007F-\\u009F]'`
/** 1 to 256 characters, no control characters. */
const isName = (column: string): string =>
  `char_length(${column}) BETWEEN 1 AND 256 AND ${column} COLLATE "C" !~ ${CONTROL}`
const isEventName = `char_length(event) BETWEEN 1 AND 1024 AND event COLLATE "C" !~ '[\\r\\n]'`

/**
 * What a hub accepts: names, and an event name that it can put on the wire. One function, whose plan a session keeps:
 * every statement parses the expression of every other constraint again, 10 µs each.
 */
const eventCheck = (schema: string): string => `
CREATE FUNCTION ${schema}.is_event(
  channel text, event text, data text, key text, idempotency_key text, traceparent text, is_json boolean
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $function$
BEGIN
  IF ${isName('channel')}
    AND ${isEventName}
    AND octet_length(data) <= ${MAX_DATA_BYTES}
    AND (key IS NULL OR ${isName('key')})
    AND (idempotency_key IS NULL OR ${isName('idempotency_key')})
    AND (traceparent IS NULL OR octet_length(traceparent) <= 64)
    AND (NOT is_json OR data = '' OR data::json IS NOT NULL)
  THEN RETURN true; END IF;
  RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = CASE
    WHEN NOT (${isName('channel')}) THEN 'channel must have 1 to 256 characters, and no control characters'
    WHEN NOT (${isEventName}) THEN 'event must have 1 to 1,024 characters, and no line ends'
    WHEN octet_length(data) > ${MAX_DATA_BYTES} THEN 'data must have at most ${MAX_DATA_BYTES} bytes'
    WHEN NOT (${isName('key')}) THEN 'key must have 1 to 256 characters, and no control characters'
    WHEN NOT (${isName('idempotency_key')})
      THEN 'idempotency_key must have 1 to 256 characters, and no control characters'
    ELSE 'traceparent must have at most 64 bytes'
  END;
END
$function$;
`

/**
 * Returns the tables, for the quoted name of a schema. Names compare by bytes. Rows that change with every event leave
 * room for new versions on their page, and are vacuumed soon.
 */
export const tables = (schema: string): string => `${eventCheck(schema)}
CREATE TABLE ${schema}.meta (owner text NOT NULL, version integer NOT NULL);

CREATE TABLE ${schema}.logs (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  epoch text NOT NULL,
  head bigint NOT NULL DEFAULT 0,
  trimmed bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Committed events without a position yet. Other programs may insert: what is not JSON fails here.
CREATE TABLE ${schema}.outbox (
  log integer NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,${eventColumns},
  ${isEvent(schema, true)},
  PRIMARY KEY (log, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Events of the outbox that could not be stored.
CREATE TABLE ${schema}.rejected (
  log integer NOT NULL,
  id bigint NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL,
  channel text,
  event text,
  data text,
  key text,
  idempotency_key text,
  PRIMARY KEY (log, id)
);

CREATE TABLE ${schema}.entries (
  log integer NOT NULL,
  position bigint NOT NULL CHECK (position BETWEEN 1 AND ${Number.MAX_SAFE_INTEGER}),
  at bigint NOT NULL CHECK (at BETWEEN 0 AND ${MAX_AT}),${eventColumns},
  ${isEvent(schema, false)},
  PRIMARY KEY (log, position)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX entries_by_channel ON ${schema}.entries (log, channel, position);
CREATE UNIQUE INDEX entries_by_idempotency_key ON ${schema}.entries (log, channel, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE ${schema}.commits (
  log integer NOT NULL,
  subscriber text COLLATE "C" NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL CHECK (position BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}),
  -- Of the last call, even if the position did not change. No index: it would make every commit of a subscriber dearer.
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, subscriber)
) WITH (fillfactor = 70);

-- Unlogged: a crash of the server closes the connections anyway.
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
