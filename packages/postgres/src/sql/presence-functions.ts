/** Members of all processes, with expiry by the server's clock. Changes take turns: there are few. */
export const presenceFunctions = (schema: string): string => `
CREATE FUNCTION ${schema}.enter(
  log_name text, of_process text, ttl_ms double precision, channels text[], identities text[]
) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  own integer := ${schema}.presence_turn(log_name);
BEGIN
  INSERT INTO ${schema}.processes (log, process, expires_at)
  VALUES (own, of_process, clock_timestamp() + ttl_ms * interval '1 millisecond')
  ON CONFLICT (log, process) DO UPDATE SET expires_at = excluded.expires_at;
  INSERT INTO ${schema}.members (log, channel, identity, process)
  SELECT own, member.channel, member.identity, of_process
  FROM unnest(channels, identities) AS member (channel, identity)
  ON CONFLICT DO NOTHING;
END
$function$;

CREATE FUNCTION ${schema}.leave(log_name text, of_process text, channels text[], identities text[]) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
  own integer := ${schema}.presence_turn(log_name);
BEGIN
  DELETE FROM ${schema}.members m
  USING unnest(channels, identities) AS gone (channel, identity)
  WHERE m.log = own AND m.process = of_process AND m.channel = gone.channel AND m.identity = gone.identity;
END
$function$;

CREATE FUNCTION ${schema}.touch(log_name text, of_process text, ttl_ms double precision) RETURNS boolean
LANGUAGE plpgsql AS $function$
DECLARE
  own integer := ${schema}.presence_turn(log_name);
BEGIN
  UPDATE ${schema}.processes SET expires_at = clock_timestamp() + ttl_ms * interval '1 millisecond'
  WHERE log = own AND process = of_process;
  RETURN FOUND;
END
$function$;

CREATE FUNCTION ${schema}.present(log_name text, in_channel text) RETURNS SETOF text LANGUAGE sql AS $function$
  SELECT DISTINCT m.identity FROM ${schema}.logs l
  JOIN ${schema}.members m ON m.log = l.id AND m.channel = in_channel
  JOIN ${schema}.processes p ON p.log = l.id AND p.process = m.process AND p.expires_at > clock_timestamp()
  WHERE l.name = log_name
$function$;
`

/** Takes a turn until the transaction ends, and removes expired processes with their members. */
export const presenceTurn = (schema: string): string => `
CREATE FUNCTION ${schema}.presence_turn(log_name text) RETURNS integer LANGUAGE plpgsql AS $function$
DECLARE
  own integer;
BEGIN
  SELECT id INTO own FROM ${schema}.logs WHERE name = log_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'no log %', log_name USING ERRCODE = 'SSE01'; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('${schema.replaceAll("'", "''")}.presence'), own);
  WITH silent AS (
    DELETE FROM ${schema}.processes WHERE log = own AND expires_at <= clock_timestamp() RETURNING process
  )
  DELETE FROM ${schema}.members m USING silent WHERE m.log = own AND m.process = silent.process;
  RETURN own;
END
$function$;
`
