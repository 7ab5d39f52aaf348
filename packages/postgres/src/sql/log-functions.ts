/**
 * Functions that assign positions. Each call is one statement: it locks the row of the log and releases it without
 * waiting for the network, so that a process that stops or dies in between does not stop the others. No snapshot is
 * older than the lock: each statement of a function takes a new one.
 */
export const logFunctions = (schema: string): string => `
-- The timeline of this server: another one after each failover. '' if the user may not read it.
CREATE FUNCTION ${schema}.timeline() RETURNS text LANGUAGE plpgsql AS $function$
BEGIN
  IF has_function_privilege('pg_catalog.pg_current_wal_lsn()'::regprocedure, 'EXECUTE')
     AND has_function_privilege('pg_catalog.pg_walfile_name(pg_lsn)'::regprocedure, 'EXECUTE') THEN
    RETURN lower(substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8));
  END IF;
  RETURN '';
END
$function$;

CREATE FUNCTION ${schema}.new_epoch() RETURNS text LANGUAGE sql AS $function$
  SELECT substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)
$function$;

-- A subquery in its place is planned at each insert of the app: 32 of 73 µs.
CREATE FUNCTION ${schema}.log_id(log_name text) RETURNS integer LANGUAGE plpgsql STABLE AS $function$
BEGIN
  RETURN (SELECT id FROM ${schema}.logs WHERE name = log_name);
END
$function$;

-- Waits for the disk, whatever the user's default.
CREATE FUNCTION ${schema}.be_durable() RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
END
$function$;

-- The position of the newest entry, even if another program has stored it and left the head of the log as it was.
-- A session keeps the plans of a plpgsql function, and plans one in SQL at each call: 0.2 ms.
CREATE FUNCTION ${schema}.true_head(of_log integer, old_head bigint) RETURNS bigint LANGUAGE plpgsql AS $function$
BEGIN
  RETURN coalesce(
    (SELECT position FROM ${schema}.entries WHERE log = of_log AND position > old_head ORDER BY position DESC LIMIT 1),
    old_head
  );
END
$function$;

-- The next events of the outbox: at most 1,000, and 16 MiB.
CREATE FUNCTION ${schema}.next_rows(of_log integer, OUT ids bigint[], OUT have_keys boolean) LANGUAGE plpgsql
AS $function$
BEGIN
  SELECT array_agg(id ORDER BY id), bool_or(has_key) INTO ids, have_keys FROM (
    SELECT id, has_key, sum(size) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (
      SELECT id, octet_length(data) AS size, idempotency_key IS NOT NULL AS has_key
      FROM ${schema}.outbox WHERE log = of_log ORDER BY id LIMIT 1000
    ) first
  ) counted WHERE coalesce(before, 0) < 16777216;
END
$function$;

-- Moves events of the outbox to the end of the log, whose row the caller holds. Returns how many were stored.
CREATE FUNCTION ${schema}.move_rows(of_log integer, old_head bigint, ids bigint[], have_keys boolean) RETURNS bigint
LANGUAGE plpgsql AS $function$
DECLARE
  stored bigint;
  stored_at bigint := extract(epoch FROM clock_timestamp()) * 1000;
BEGIN
  IF NOT have_keys THEN
    WITH gone AS (DELETE FROM ${schema}.outbox WHERE log = of_log AND id = ANY (ids) RETURNING *)
    INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, traceparent)
    SELECT of_log, old_head + row_number() OVER (ORDER BY id), stored_at, channel, event, data, key, traceparent
    FROM gone;
    GET DIAGNOSTICS stored = ROW_COUNT;
    RETURN stored;
  END IF;
  WITH gone AS (
    DELETE FROM ${schema}.outbox WHERE log = of_log AND id = ANY (ids) RETURNING *
  ), counted AS (
    SELECT *, row_number() OVER (PARTITION BY channel, idempotency_key ORDER BY id) AS turn FROM gone
  ), fresh AS (
    SELECT *, row_number() OVER (ORDER BY id) AS place FROM counted WHERE idempotency_key IS NULL OR (
      turn = 1 AND NOT EXISTS (
        SELECT FROM ${schema}.entries held WHERE held.log = of_log AND held.channel = counted.channel
          AND held.idempotency_key = counted.idempotency_key
      )
    )
  ), kept AS (
    INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, idempotency_key, traceparent)
    SELECT of_log, old_head + place, stored_at, channel, event, data, key, idempotency_key, traceparent
    FROM fresh ORDER BY place
    RETURNING 1
  )
  SELECT count(*) INTO stored FROM kept;
  RETURN stored;
END
$function$;

-- Moves the next events of the outbox. One that cannot be stored is set aside, and does not block the others.
CREATE FUNCTION ${schema}.move(
  of_log integer, old_head bigint, OUT taken bigint, OUT stored bigint, OUT has_more boolean
) LANGUAGE plpgsql AS $function$
DECLARE
  ids bigint[];
  have_keys boolean;
  row_id bigint;
BEGIN
  SELECT * INTO ids, have_keys FROM ${schema}.next_rows(of_log);
  taken := coalesce(cardinality(ids), 0);
  stored := 0;
  has_more := false;
  IF taken = 0 THEN RETURN; END IF;
  BEGIN
    stored := ${schema}.move_rows(of_log, old_head, ids, have_keys);
    has_more := EXISTS (SELECT FROM ${schema}.outbox WHERE log = of_log);
    RETURN;
  EXCEPTION
    -- A position that is taken: no fault of the events.
    WHEN unique_violation THEN RAISE;
    WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
      stored := 0;
  END;
  FOREACH row_id IN ARRAY ids LOOP
    BEGIN
      stored := stored + ${schema}.move_rows(of_log, old_head + stored, ARRAY[row_id], have_keys);
    EXCEPTION
      WHEN unique_violation THEN RAISE;
      WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
        WITH gone AS (DELETE FROM ${schema}.outbox WHERE log = of_log AND id = row_id RETURNING *)
        INSERT INTO ${schema}.rejected (log, id, reason, channel, event, data, key, idempotency_key)
        SELECT log, id, SQLERRM, channel, event, data, key, idempotency_key FROM gone
        ON CONFLICT (log, id) DO UPDATE SET rejected_at = clock_timestamp(), reason = excluded.reason,
          channel = excluded.channel, event = excluded.event, data = excluded.data, key = excluded.key,
          idempotency_key = excluded.idempotency_key;
    END;
  END LOOP;
  has_more := EXISTS (SELECT FROM ${schema}.outbox WHERE log = of_log);
END
$function$;

-- Moves events of the outbox, unless another process does: -1. Counts those set aside.
CREATE FUNCTION ${schema}.place(
  log_name text, OUT taken bigint, OUT has_more boolean, OUT rejected bigint, OUT reason text
)
LANGUAGE plpgsql AS $function$
DECLARE
  own ${schema}.logs;
  moved record;
BEGIN
  taken := 0;
  has_more := false;
  SELECT * INTO own FROM ${schema}.logs WHERE name = log_name;
  PERFORM FROM ${schema}.outbox o WHERE o.log = own.id LIMIT 1;
  IF FOUND THEN
    SELECT * INTO own FROM ${schema}.logs WHERE name = log_name FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
      PERFORM ${schema}.be_durable();
      own.head := ${schema}.true_head(own.id, own.head);
      SELECT * INTO moved FROM ${schema}.move(own.id, own.head);
      UPDATE ${schema}.logs SET head = own.head + moved.stored WHERE id = own.id AND head < own.head + moved.stored;
      taken := moved.taken;
      has_more := moved.has_more;
    ELSE
      taken := -1;
    END IF;
  END IF;
  SELECT count(*), (array_agg(r.reason ORDER BY r.rejected_at DESC))[1] INTO rejected, reason
  FROM ${schema}.rejected r JOIN ${schema}.logs l ON l.id = r.log WHERE l.name = log_name;
END
$function$;

-- Stores entries, after the events that were committed to the outbox before. A caller that holds the line of appends
-- stores open offers, too.
CREATE FUNCTION ${schema}.append(
  log_name text, seen_epoch text, seen_head bigint,
  channels text[], events text[], payloads text[], keys text[], idempotency_keys text[], traceparents text[],
  holds_line boolean,
  OUT log_epoch text, OUT positions bigint[]
) LANGUAGE plpgsql AS $function$
DECLARE
  own ${schema}.logs;
  moved record;
  old_head bigint;
  newest bigint;
  has_moves boolean;
  has_offers boolean;
  count bigint := cardinality(channels);
  stored_at bigint;
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM ${schema}.be_durable(); END IF;
  SELECT * INTO own FROM ${schema}.logs WHERE name = log_name FOR NO KEY UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'no log %', log_name USING ERRCODE = 'SSE01'; END IF;
  log_epoch := own.epoch || ${schema}.timeline();
  IF log_epoch = seen_epoch AND own.head < seen_head THEN
    own.epoch := ${schema}.new_epoch();
    UPDATE ${schema}.logs SET epoch = own.epoch WHERE id = own.id;
    log_epoch := own.epoch || ${schema}.timeline();
  END IF;
  old_head := own.head;
  -- One statement: each costs 10 µs.
  SELECT ${schema}.true_head(own.id, own.head), EXISTS (SELECT FROM ${schema}.outbox WHERE log = own.id),
    holds_line AND EXISTS (SELECT FROM ${schema}.offers o WHERE o.log_name = own.name AND o.position IS NULL)
  INTO newest, has_moves, has_offers;
  own.head := newest;
  IF has_moves THEN
    -- At most 10,000 events or 160 MiB: a limit of time.
    FOR piece IN 1..10 LOOP
      moved := ${schema}.move(own.id, own.head);
      own.head := own.head + moved.stored;
      EXIT WHEN NOT moved.has_more;
    END LOOP;
  END IF;
  stored_at := extract(epoch FROM clock_timestamp()) * 1000;
  IF has_offers THEN own.head := own.head + ${schema}.store_offers(own, log_epoch, stored_at); END IF;
  IF idempotency_keys IS NULL AND count = 1 THEN
    INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, traceparent)
    VALUES (own.id, own.head + 1, stored_at, channels[1], events[1], payloads[1], keys[1], traceparents[1]);
    positions := ARRAY[own.head + 1];
  ELSIF idempotency_keys IS NULL THEN
    INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, traceparent)
    SELECT own.id, own.head + given.n, stored_at, given.channel, given.event, given.data, given.key, given.traceparent
    FROM unnest(channels, events, payloads, keys, traceparents)
      WITH ORDINALITY AS given (channel, event, data, key, traceparent, n);
    positions := ARRAY(SELECT generate_series(own.head + 1, own.head + count));
  ELSE
    WITH given AS (
      SELECT *,
        min(n) OVER (PARTITION BY channel, idempotency_key) AS first,
        (SELECT position FROM ${schema}.entries held
         WHERE held.log = own.id AND held.channel = one.channel AND held.idempotency_key = one.idempotency_key) AS held
      FROM unnest(channels, events, payloads, keys, idempotency_keys, traceparents)
        WITH ORDINALITY AS one (channel, event, data, key, idempotency_key, traceparent, n)
    ), fresh AS (
      SELECT *, own.head + row_number() OVER (ORDER BY n) AS position FROM given
      WHERE held IS NULL AND (idempotency_key IS NULL OR n = first)
    ), kept AS (
      INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, idempotency_key, traceparent)
      SELECT own.id, position, stored_at, channel, event, data, key, idempotency_key, traceparent FROM fresh
    )
    SELECT array_agg(coalesce(given.held, fresh.position) ORDER BY given.n), (SELECT count(*) FROM fresh)
    INTO positions, count
    FROM given LEFT JOIN fresh
      ON fresh.n = CASE WHEN given.idempotency_key IS NULL THEN given.n ELSE given.first END;
  END IF;
  own.head := own.head + count;
  UPDATE ${schema}.logs SET head = own.head WHERE id = own.id AND own.head > old_head;
END
$function$;

-- The head is below a position that a process has seen: positions are about to be assigned again.
CREATE FUNCTION ${schema}.renew(log_name text, seen_epoch text, seen_head bigint) RETURNS void
LANGUAGE sql AS $function$
  UPDATE ${schema}.logs SET epoch = ${schema}.new_epoch()
  WHERE name = log_name AND epoch || ${schema}.timeline() = seen_epoch AND head < seen_head
$function$;

-- Removes the oldest entries that exceed a limit, at most 1,000, and 64 MiB. Returns whether there may be more.
CREATE FUNCTION ${schema}.trim(log_name text, max_events bigint, max_age_ms double precision) RETURNS boolean
LANGUAGE plpgsql AS $function$
DECLARE
  own ${schema}.logs;
  upto bigint;
  last bigint;
  cutoff bigint;
BEGIN
  SELECT * INTO own FROM ${schema}.logs WHERE name = log_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'no log %', log_name USING ERRCODE = 'SSE01'; END IF;
  last := least(own.trimmed + 1000, own.head);
  last := coalesce(
    (SELECT max(position) FROM (
      SELECT position, sum(octet_length(data))
        OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM ${schema}.entries WHERE log = own.id AND position > own.trimmed AND position <= last
    ) counted WHERE coalesce(before, 0) < 67108864),
    last
  );
  upto := greatest(own.trimmed, least(last, coalesce(own.head - max_events, 0)));
  IF max_age_ms IS NOT NULL AND upto < last THEN
    cutoff := extract(epoch FROM clock_timestamp()) * 1000 - max_age_ms;
    -- Up to the first that is young enough: entries behind it stay, even if a clock that was set back made them older.
    upto := coalesce(
      (SELECT position - 1 FROM ${schema}.entries
       WHERE log = own.id AND position > upto AND position <= last AND at > cutoff ORDER BY position LIMIT 1),
      last
    );
  END IF;
  IF upto <= own.trimmed THEN RETURN false; END IF;
  DELETE FROM ${schema}.entries WHERE log = own.id AND position > own.trimmed AND position <= upto;
  UPDATE ${schema}.logs SET trimmed = greatest(trimmed, upto) WHERE id = own.id;
  RETURN upto = last AND last < own.head;
END
$function$;
`
