/**
 * The statement with which a hub appends. An append that finds another one at work leaves its entries in the table
 * `offers`, and the append that is next stores them together with its own: calls of many processes share one commit, as
 * those of one process do.
 */
export const combine = (schema: string): string => `
-- Entries that wait for a commit, a row for each session that has ever had to wait. Nothing here is acknowledged: it needs
-- no place in the write-ahead log. The row of a session is updated in place, without a change of the index.
CREATE UNLOGGED TABLE ${schema}.offers (
  log integer NOT NULL,
  pid integer NOT NULL,
  at timestamptz NOT NULL,
  seen_epoch text NOT NULL,
  seen_head bigint NOT NULL,
  channels text[] NOT NULL,
  events text[] NOT NULL,
  payloads text[] NOT NULL,
  keys text[] NOT NULL,
  idempotency_keys text[],
  traceparents text[],
  -- The answer. NULL while the offer is open, empty when the session has to store its entries by itself.
  epoch text,
  positions bigint[],
  PRIMARY KEY (log, pid)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Waits in the line of appends. Another line for each log.
CREATE FUNCTION ${schema}.line() RETURNS integer LANGUAGE sql IMMUTABLE AS $function$
  SELECT hashtext('${schema.replaceAll("'", "''")}.append')
$function$;

-- Makes an offer of this session. The number of sessions is that of processes: those of an hour ago are removed.
CREATE FUNCTION ${schema}.offer(
  of_log integer, seen_epoch text, seen_head bigint,
  channels text[], events text[], payloads text[], keys text[], idempotency_keys text[], traceparents text[]
) RETURNS void LANGUAGE plpgsql AS $function$
#variable_conflict use_column
BEGIN
  UPDATE ${schema}.offers SET at = clock_timestamp(), seen_epoch = offer.seen_epoch, seen_head = offer.seen_head,
    channels = offer.channels, events = offer.events, payloads = offer.payloads, keys = offer.keys,
    idempotency_keys = offer.idempotency_keys, traceparents = offer.traceparents, epoch = NULL, positions = NULL
  WHERE log = of_log AND pid = pg_backend_pid();
  IF FOUND THEN RETURN; END IF;
  DELETE FROM ${schema}.offers WHERE at < clock_timestamp() - interval '1 hour';
  INSERT INTO ${schema}.offers VALUES (
    of_log, pg_backend_pid(), clock_timestamp(), offer.seen_epoch, offer.seen_head,
    offer.channels, offer.events, offer.payloads, offer.keys, offer.idempotency_keys, offer.traceparents
  );
END
$function$;

-- Stores the entries given and all open offers of other sessions, which come first: they were there before.
CREATE FUNCTION ${schema}.append_offers(
  log_name text, of_log integer, seen_epoch text, seen_head bigint,
  channels text[], events text[], payloads text[], keys text[], idempotency_keys text[], traceparents text[],
  OUT log_epoch text, OUT positions bigint[]
) LANGUAGE plpgsql AS $function$
DECLARE
  open record;
  others ${schema}.offers;
  has_keys boolean := idempotency_keys IS NOT NULL;
  is_traced boolean := traceparents IS NOT NULL;
  pids integer[] := '{}';
  sizes integer[] := '{}';
  current_epoch text;
  before integer := 0;
  stored bigint[];
BEGIN
  FOR open IN
    SELECT o.* FROM ${schema}.offers o
    WHERE o.log = of_log AND o.positions IS NULL AND o.pid <> pg_backend_pid()
      AND o.at > clock_timestamp() - interval '10 seconds'
    LIMIT 256
  LOOP
    pids := pids || open.pid;
    sizes := sizes || cardinality(open.channels);
    others.channels := others.channels || open.channels;
    others.events := others.events || open.events;
    others.payloads := others.payloads || open.payloads;
    others.keys := others.keys || open.keys;
    has_keys := has_keys OR open.idempotency_keys IS NOT NULL;
    is_traced := is_traced OR open.traceparents IS NOT NULL;
    others.idempotency_keys := others.idempotency_keys
      || coalesce(open.idempotency_keys, array_fill(NULL::text, ARRAY[cardinality(open.channels)]));
    others.traceparents := others.traceparents
      || coalesce(open.traceparents, array_fill(NULL::text, ARRAY[cardinality(open.channels)]));
    IF current_epoch IS NULL THEN
      SELECT l.epoch || ${schema}.timeline() INTO current_epoch FROM ${schema}.logs l WHERE l.id = of_log;
      IF seen_epoch <> current_epoch THEN seen_epoch := current_epoch; seen_head := 0; END IF;
    END IF;
    IF open.seen_epoch = current_epoch THEN seen_head := greatest(seen_head, open.seen_head); END IF;
  END LOOP;
  IF cardinality(pids) > 0 THEN
    BEGIN
      SELECT * INTO log_epoch, stored FROM ${schema}.append(
        log_name, seen_epoch, seen_head, others.channels || channels, others.events || events,
        others.payloads || payloads, others.keys || keys,
        CASE WHEN has_keys THEN others.idempotency_keys
          || coalesce(idempotency_keys, array_fill(NULL::text, ARRAY[cardinality(channels)])) END,
        CASE WHEN is_traced THEN others.traceparents
          || coalesce(traceparents, array_fill(NULL::text, ARRAY[cardinality(channels)])) END
      );
      FOR turn IN 1..cardinality(pids) LOOP
        UPDATE ${schema}.offers SET epoch = log_epoch, positions = stored[before + 1 : before + sizes[turn]]
        WHERE log = of_log AND pid = pids[turn];
        before := before + sizes[turn];
      END LOOP;
      positions := stored[before + 1 :];
      RETURN;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
      -- One of them cannot be stored: each session finds out for itself.
      UPDATE ${schema}.offers SET positions = '{}' WHERE log = of_log AND pid = ANY (pids);
    END;
  END IF;
  SELECT * INTO log_epoch, positions FROM ${schema}.append(
    log_name, seen_epoch, seen_head, channels, events, payloads, keys, idempotency_keys, traceparents
  );
END
$function$;

-- Stores entries, in a transaction of this session or of another one, and notifies the other processes.
CREATE PROCEDURE ${schema}.publish_entries(
  log_name text, seen_epoch text, seen_head bigint,
  channels text[], events text[], payloads text[], keys text[], idempotency_keys text[], traceparents text[],
  may_offer boolean, topic text, sender text,
  OUT log_epoch text, OUT positions bigint[]
) LANGUAGE plpgsql AS $procedure$
DECLARE
  own integer;
  is_offered boolean := false;
  problem text;
  state text;
BEGIN
  SELECT id INTO own FROM ${schema}.logs WHERE name = log_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'no log %', log_name USING ERRCODE = 'SSE01'; END IF;
  IF NOT may_offer THEN
    PERFORM pg_advisory_xact_lock(${schema}.line(), own);
  ELSIF NOT pg_try_advisory_xact_lock(${schema}.line(), own) THEN
    is_offered := true;
    PERFORM ${schema}.offer(own, seen_epoch, seen_head, channels, events, payloads, keys, idempotency_keys, traceparents);
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    -- Until the append at work is committed. All who wait go on at once.
    PERFORM pg_advisory_xact_lock_shared(${schema}.line(), own);
    SELECT o.epoch, o.positions INTO log_epoch, positions FROM ${schema}.offers o WHERE o.log = own AND o.pid = pg_backend_pid();
    IF cardinality(positions) > 0 THEN RETURN; END IF;
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    PERFORM pg_advisory_xact_lock(${schema}.line(), own);
    SELECT o.epoch, o.positions INTO log_epoch, positions FROM ${schema}.offers o WHERE o.log = own AND o.pid = pg_backend_pid();
    IF cardinality(positions) > 0 THEN RETURN; END IF;
  END IF;
  IF is_offered THEN
    BEGIN
      SELECT * INTO log_epoch, positions FROM ${schema}.append_offers(
        log_name, own, seen_epoch, seen_head, channels, events, payloads, keys, idempotency_keys, traceparents
      );
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
    END;
    UPDATE ${schema}.offers SET positions = '{}' WHERE log = own AND pid = pg_backend_pid();
  ELSE
    SELECT * INTO log_epoch, positions FROM ${schema}.append_offers(
      log_name, own, seen_epoch, seen_head, channels, events, payloads, keys, idempotency_keys, traceparents
    );
  END IF;
  COMMIT;
  IF state IS NOT NULL THEN RAISE EXCEPTION '%', problem USING ERRCODE = state; END IF;
  -- Not in the transaction above: it would hold a lock of all notifying sessions while it waits for the disk.
  IF pg_notification_queue_usage() < 0.5 THEN PERFORM pg_notify(topic, sender); END IF;
END
$procedure$;
`
