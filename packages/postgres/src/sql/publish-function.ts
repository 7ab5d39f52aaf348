/** Payload that says: look at the outbox. The function below sends it too. */
export const OUTBOX = 'outbox'

/**
 * The function that other programs publish with. It needs no right to a table, and takes nothing that a hub could not
 * deliver: `json` refuses what is not JSON, and the constraints of the outbox the rest.
 */
export const publishFunction = (schema: string): string => `
CREATE FUNCTION ${schema}.publish(
  hub text, channel text, event text, data json, key text DEFAULT NULL, idempotency_key text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  own integer;
  topic text := 'sse_' || left(encode(sha256(convert_to(${textOf(schema)} || '/' || hub, 'UTF8')), 'hex'), 32);
BEGIN
  SELECT l.id INTO own FROM ${schema}.logs l WHERE l.name = publish.hub;
  IF NOT FOUND THEN RAISE EXCEPTION 'no hub "%" has used this schema', hub USING ERRCODE = 'SSE01'; END IF;
  IF channel LIKE 'sse.%' OR event LIKE 'sse.%' OR event IN ('open', 'error', 'gap') THEN
    RAISE EXCEPTION 'the event "%" on "%" is reserved', event, channel USING ERRCODE = 'check_violation';
  END IF;
  -- One that is committed and not moved yet has said so. NOTIFY makes commits wait for each other.
  IF NOT EXISTS (SELECT FROM ${schema}.outbox o WHERE o.log = own) THEN
    PERFORM pg_notify(topic, '${OUTBOX}');
  END IF;
  INSERT INTO ${schema}.outbox (log, channel, event, data, key, idempotency_key)
  VALUES (own, publish.channel, publish.event, publish.data::text, publish.key, publish.idempotency_key);
END
$function$;
REVOKE EXECUTE ON FUNCTION ${schema}.publish FROM PUBLIC;
`

/** The name that `quoted` has quoted, as a text of SQL. */
function textOf(quotedName: string): string {
  return `'${quotedName.slice(1, -1).replaceAll('""', '"').replaceAll("'", "''")}'`
}
