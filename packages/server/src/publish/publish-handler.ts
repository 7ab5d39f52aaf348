import { isSseError, SseError, type StreamContract } from '@sse/contract'
import { digest, findNameProblem } from '@sse/contract/protocol'
import type { RequestContext } from '../http/context.ts'
import type { ActionRequest, StreamDefinition } from '../http/definition.ts'
import { Endpoint } from '../http/endpoint.ts'
import { checkOptions, type GivenOptions, isHub, type StreamHub } from '../http/options.ts'
import { errorReply, jsonReply, type Reply } from '../http/reply.ts'
import type { NewEntry } from '../log/engine.ts'
import type { Authorized } from '../stream/identity.ts'
import { MAX_TIMER_MS } from '../timing/at-most.ts'
import type { EventTaker } from './event-taker.ts'
import type { PublishHandlerOptions } from './options.ts'
import { type GivenEvent, invalid, readEvents } from './read-request.ts'

/** The function `publishHandler` of a framework. */
export type MakePublishHandler<Native, Handler> = <
  Contract extends StreamContract,
  Answer extends Authorized,
>(
  hub: StreamHub<Contract>,
  options: PublishHandlerOptions<Contract, Native, Answer>,
) => Handler

type GivenPublishOptions = GivenOptions & PublishHandlerOptions<StreamContract, unknown>
type Hub = StreamHub<StreamContract> & EventTaker
type Allow = NonNullable<GivenPublishOptions['allow']>

const DEFAULT_MAX_BODY_BYTES = 4_194_304
const DEFAULT_BODY_TIMEOUT_MS = 30_000
/** When a program retries after a failure of the engine, in milliseconds: at least this, and up to twice of it. */
const MIN_RETRY_MS = 2_000
/** What is the client's mistake here, and the developer's everywhere else. */
const STATUS_OF: Readonly<Record<string, number>> = {
  event_unknown: 422,
  payload_invalid: 422,
  payload_too_large: 413,
  channel_invalid: 422,
}

/**
 * Makes the function `publishHandler` of a framework.
 *
 * @param handle - makes the handler of an endpoint at a path that the app's router chooses.
 */
export function definePublishHandler<Native, Handler>(
  handle: (endpoint: Endpoint<Native>) => Handler,
): MakePublishHandler<Native, Handler> {
  return (hub, options) => handle(new Endpoint<Native>(definePublish(hub as never, options as never)))
}

function definePublish(hub: Hub, options: GivenPublishOptions): StreamDefinition {
  if (!isHub(hub) || !('@sse/encode' in hub)) throw optionInvalid('the first argument must be a hub')
  checkOptions(options, undefined)
  const { authorize, allow, onError } = options
  const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES, bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS } = options
  checkPublishOptions({ authorize, allow, maxBodyBytes, bodyTimeoutMs })

  async function publish(
    context: RequestContext,
    request: ActionRequest,
    identity: string | undefined,
  ): Promise<Reply> {
    const key = readKey(request)
    const events = await readEvents(request, { maxBodyBytes, bodyTimeoutMs, signal: context.signal })
    if (allow) await checkAllowed(events, allow, context)
    const keys = await Promise.all(events.map((event, index) => storedKey(event, index, identity, key)))
    const entries = events.map((event, index) => encode(hub, event, keys[index]))
    return jsonReply({ ids: await append(hub, entries) })
  }

  const answer = (context: unknown, connection: { identity: string | undefined }, request: ActionRequest) =>
    publish(context as RequestContext, request, connection.identity)
  return {
    contract: undefined,
    options: { authorize, ...(onError && { onError: onError as never }) },
    makeSource: () => undefined,
    mount: undefined,
    only: { name: 'publish', method: 'POST', answer, refuse },
  }
}

/** Returns the key that an event is stored with: of this identity, and unlike every key that the app uses itself. */
async function storedKey(
  { idempotencyKey }: GivenEvent,
  index: number,
  identity: string | undefined,
  requestKey: string | undefined,
): Promise<string | undefined> {
  if (idempotencyKey !== undefined) {
    return `publish:${await digest(JSON.stringify([identity, 'event', idempotencyKey]))}`
  }
  return requestKey && `publish:${await digest(JSON.stringify([identity, requestKey]))}:${index}`
}

function readKey({ readHeader }: ActionRequest): string | undefined {
  const key = readHeader('idempotency-key')
  const problem = key === undefined ? undefined : findNameProblem(key)
  if (problem !== undefined) throw invalid(`The header Idempotency-Key has 1 to 256 characters: ${problem}`)
  return key
}

async function checkAllowed(
  events: readonly GivenEvent[],
  allow: Allow,
  context: RequestContext,
): Promise<void> {
  for (const { channel, event, place } of events) {
    const answer: unknown = await allow(context.with({ channel, event }) as never)
    if (answer === true) continue
    if (answer) throw optionInvalid(`allow must return true or false, not a ${typeof answer}`)
    const what = `${JSON.stringify(event.slice(0, 256))} on ${JSON.stringify(channel.slice(0, 256))}`
    throw new SseError('forbidden', `${place}You may not publish ${what}`)
  }
}

function encode(
  hub: Hub,
  { channel, event, payload, key, place }: GivenEvent,
  idempotencyKey: string | undefined,
): NewEntry {
  try {
    return hub['@sse/encode'](channel, event, payload, { key, idempotencyKey })
  } catch (error) {
    if (isSseError(error) && error.code === 'option_invalid') throw invalid(place + error.message) // its key
    throw toClientError(error, place)
  }
}

async function append(hub: Hub, entries: readonly NewEntry[]): Promise<readonly string[]> {
  try {
    return await hub['@sse/append'](entries)
  } catch (error) {
    throw toClientError(error, '')
  }
}

function toClientError(error: unknown, place: string): unknown {
  const status = isSseError(error) ? STATUS_OF[error.code] : undefined
  if (!isSseError(error) || status === undefined) return error
  return new SseError(error.code, place + error.message, { status, expose: true })
}

/** A program retries by itself, and must not do so at once. */
function refuse(error: unknown): Reply {
  const allow = isSseError(error) && error.code === 'method_not_allowed' ? { allow: 'POST' } : {}
  const reply = errorReply(error, allow)
  if (reply.status !== 503 || reply.retryAfterMs !== undefined) return reply
  const retryAfter = Math.ceil((MIN_RETRY_MS * (1 + Math.random())) / 1_000)
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfter) } }
}

function checkPublishOptions(options: {
  authorize: unknown
  allow: unknown
  maxBodyBytes: number
  bodyTimeoutMs: number
}): void {
  const { authorize, allow, maxBodyBytes, bodyTimeoutMs } = options
  if (typeof authorize !== 'function') {
    throw optionInvalid(
      'authorize is required: a function that returns an identity. () => true lets everyone publish',
    )
  }
  if (allow !== undefined && typeof allow !== 'function') throw optionInvalid('allow must be a function')
  if (!(typeof maxBodyBytes === 'number' && maxBodyBytes >= 1)) {
    throw optionInvalid(`maxBodyBytes must be a number of bytes from 1, or Infinity, not ${maxBodyBytes}`)
  }
  const isMs = typeof bodyTimeoutMs === 'number' && bodyTimeoutMs >= 1 && bodyTimeoutMs <= MAX_TIMER_MS
  if (!isMs && bodyTimeoutMs !== Number.POSITIVE_INFINITY) {
    throw optionInvalid(
      `bodyTimeoutMs must be 1 to ${MAX_TIMER_MS} milliseconds, or Infinity, not ${bodyTimeoutMs}`,
    )
  }
}

function optionInvalid(message: string): SseError {
  return new SseError('option_invalid', `publishHandler: ${message}`)
}
