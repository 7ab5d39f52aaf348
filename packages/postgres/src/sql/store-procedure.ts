/**
 * The statement that stores one entry. Appends wait in line, since positions follow the order of commits. One that finds
 * another at work leaves its entry in the table `offers`: the next in line stores all offers with its own entry, in one
 * commit. So events of many processes share a commit, as those of one process do.
 */
export const storeProcedure = (schema: string): string => `
-- Entries that wait for a commit: one row for each session that ever had to wait, updated in place. Nothing in it is
-- acknowledged, so that it needs no write-ahead log.
CREATE UNLOGGED TABLE ${schema}.offers (
  pid integer PRIMARY KEY,
  at timestamptz NOT NULL,
  log_name text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL,
  event text NOT NULL,
  data text NOT NULL,
  key text,
  traceparent text,
  -- The answer. NULL while the offer is open; 0 if the session has to store its entry itself.
  position bigint,
  epoch text
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Stores the open offers of other sessions and returns their number. The caller holds the line and the row of the log.
-- An offer that is older may be one of a call that has failed.
CREATE FUNCTION ${schema}.store_offers(own ${schema}.logs, log_epoch text, stored_at bigint) RETURNS bigint
LANGUAGE plpgsql AS $function$
DECLARE
  stored bigint;
BEGIN
  WITH open AS (
    SELECT *, own.head + row_number() OVER (ORDER BY at) AS assigned FROM ${schema}.offers
    WHERE log_name = own.name AND position IS NULL AND pid <> pg_backend_pid()
      AND at > clock_timestamp() - interval '10 s'
  ), answered AS (
    -- Not one that its session has replaced meanwhile, after a call that failed: that is another entry.
    UPDATE ${schema}.offers o SET position = assigned, epoch = log_epoch FROM open
    WHERE o.pid = open.pid AND o.at = open.at
  ), kept AS (
    INSERT INTO ${schema}.entries (log, position, at, channel, event, data, key, traceparent)
    SELECT own.id, assigned, stored_at, channel, event, data, key, traceparent FROM open
    RETURNING 1
  )
  SELECT count(*) INTO stored FROM kept;
  RETURN stored;
EXCEPTION
  WHEN unique_violation THEN RAISE;
  WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
    -- One of them cannot be stored: each session finds out for itself.
    UPDATE ${schema}.offers SET position = 0
    WHERE log_name = own.name AND position IS NULL AND pid <> pg_backend_pid();
    RETURN 0;
END
$function$;

CREATE PROCEDURE ${schema}.store(
  log_name text, seen_epoch text, seen_head bigint,
  of_channel text, of_event text, of_data text, of_key text, of_traceparent text, topic text, sender text,
  OUT log_epoch text, OUT stored_position bigint
) LANGUAGE plpgsql AS $procedure$
DECLARE
  line constant integer := hashtext('${schema.replaceAll("'", "''")}.line');
  next constant integer := hashtext('${schema.replaceAll("'", "''")}.next');
  turn constant integer := hashtext(log_name);
  has_offered boolean := false;
  answer record;
  problem text;
  state text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(line, turn) THEN
    UPDATE ${schema}.offers SET at = clock_timestamp(), log_name = store.log_name, channel = of_channel,
      event = of_event, data = of_data, key = of_key, traceparent = of_traceparent, position = NULL
    WHERE pid = pg_backend_pid();
    IF NOT FOUND THEN
      DELETE FROM ${schema}.offers WHERE at < clock_timestamp() - interval '1 hour';
      INSERT INTO ${schema}.offers (pid, at, log_name, channel, event, data, key, traceparent)
      VALUES (
        pg_backend_pid(), clock_timestamp(), store.log_name, of_channel, of_event, of_data, of_key, of_traceparent
      );
    END IF;
    has_offered := true;
    LOOP
      COMMIT;
      -- Whatever the user's default: a retry after a collision would store the entry twice.
      SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
      IF pg_try_advisory_xact_lock(next, turn) THEN
        -- The next in line.
        PERFORM pg_advisory_xact_lock(line, turn);
        SELECT position, epoch INTO stored_position, log_epoch FROM ${schema}.offers WHERE pid = pg_backend_pid();
        IF stored_position > 0 THEN RETURN; END IF;
        EXIT;
      END IF;
      -- Behind the next in line: all who wait here continue at once when it has committed.
      PERFORM pg_advisory_xact_lock_shared(line, turn);
      SELECT position, epoch INTO stored_position, log_epoch FROM ${schema}.offers WHERE pid = pg_backend_pid();
      IF stored_position > 0 THEN RETURN; END IF;
    END LOOP;
  END IF;
  BEGIN
    answer := ${schema}.append(
      log_name, seen_epoch, seen_head, ARRAY[of_channel], ARRAY[of_event], ARRAY[of_data], ARRAY[of_key],
      NULL, ARRAY[of_traceparent], true
    );
    log_epoch := answer.log_epoch;
    stored_position := answer.positions[1];
  EXCEPTION WHEN OTHERS THEN
    IF NOT has_offered THEN RAISE; END IF;
    GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
  END;
  -- Withdrawn, also after a failure: no later append stores it.
  IF has_offered THEN UPDATE ${schema}.offers SET position = 0 WHERE pid = pg_backend_pid(); END IF;
  COMMIT;
  IF state IS NOT NULL THEN RAISE EXCEPTION '%', problem USING ERRCODE = state; END IF;
  -- Not in the transaction above: it would hold a lock of all notifying sessions while it waits for the disk. A full
  -- queue would make this call fail, although the entry is stored.
  IF pg_notification_queue_usage() < 0.9 THEN PERFORM pg_notify(topic, sender); END IF;
END
$procedure$;
`
