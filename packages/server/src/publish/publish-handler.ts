import { isSseError, SseError, type StreamContract } from '@sse/contract'
import type { ActionRequest } from '../http/definition.ts'
import { Endpoint } from '../http/endpoint.ts'
import type { Answer } from '../http/exchange.ts'
import { isHub } from '../http/options.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import { readJson } from '../http/request-body.ts'
import { requireJson } from '../http/require-json.ts'
import type { NewEntry } from '../log/engine.ts'
import { MAX_TIMER_MS } from '../timing/at-most.ts'
import type { PublishHandler, PublishOptions } from './options.ts'
import { type GivenEvent, invalidEvent, readEvents } from './read-events.ts'

const DEFAULT_MAX_BODY_BYTES = 1_048_576
const DEFAULT_BODY_TIMEOUT_MS = 30_000

/** The part of a hub that takes events of other programs. */
interface PublishHub {
  readonly contract: StreamContract
  '@sse/prepare'(channel: string, event: string, payload: unknown, options: object): NewEntry
  '@sse/append'(entry: NewEntry): Promise<string>
}

type GivenOptions = PublishOptions<StreamContract, unknown>

/** Makes the function `publishHandler` of a framework, from how it makes the handler of an answer. */
export function definePublishHandler<Native, Handler>(
  handle: (answer: Answer<Native>) => Handler,
): PublishHandler<Native, Handler> {
  return ((hub: unknown, options: unknown) =>
    handle(publishEndpoint<Native>(hub, options as GivenOptions))) as PublishHandler<Native, Handler>
}

function publishEndpoint<Native>(given: unknown, options: GivenOptions): Answer<Native> {
  if (!isHub(given)) throw invalidOption('the first argument must be a hub')
  checkOptions(options)
  const hub = given as unknown as PublishHub
  const { allows, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS } = options

  async function publish(context: unknown, _: unknown, request: ActionRequest): Promise<Reply> {
    requireJson(request.contentType)
    const body = await readJson(request.body(), maxBodyBytes, bodyTimeoutMs)
    const events = readEvents(body, request.idempotencyKey)
    const entries = events.map((event) => prepare(hub, event))
    for (const { where, channel, event, payload } of events) {
      if (!allows || (await allows({ channel, event, payload }, context as never)) === true) continue
      throw new SseError(
        'forbidden',
        `${where && `${where}: `}this program may not publish "${event}" to "${channel}"`,
      )
    }
    return jsonReply({ ids: await Promise.all(entries.map((entry) => hub['@sse/append'](entry))) })
  }

  const endpoint = new Endpoint<Native>({
    contract: undefined,
    options: { authorize: options.authorize as never, onError: options.onError as never },
    makeSource: () => undefined,
    mount: undefined,
  })
  return endpoint.action({ name: 'publish', method: 'POST', answer: publish })
}

/** Checks an event against the contract: what is wrong with it is the mistake of the program that sent it. */
function prepare(hub: PublishHub, given: GivenEvent): NewEntry {
  const { where, channel, event, payload, key, idempotencyKey } = given
  try {
    return hub['@sse/prepare'](channel, event, payload, { key, idempotencyKey })
  } catch (error) {
    if (!isSseError(error) || (error.kind !== 'usage' && error.code !== 'name_invalid')) throw error
    throw invalidEvent(where, error.message)
  }
}

function checkOptions(options: GivenOptions): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options must be an object')
  const { authorize, allows, onError, maxBodyBytes = 1, bodyTimeoutMs = 1 } = options
  if (typeof authorize !== 'function') {
    throw invalidOption('authorize is required: a function that returns an identity, or true to admit')
  }
  for (const [name, value] of Object.entries({ allows, onError })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(`${name} must be a function`)
  }
  if (!(maxBodyBytes >= 1)) throw invalidOption(`maxBodyBytes must be a number from 1, not ${maxBodyBytes}`)
  if (!(bodyTimeoutMs >= 1 && bodyTimeoutMs <= MAX_TIMER_MS) && bodyTimeoutMs !== Number.POSITIVE_INFINITY) {
    throw invalidOption(`bodyTimeoutMs must be 1 to ${MAX_TIMER_MS}, or Infinity, not ${bodyTimeoutMs}`)
  }
}

const invalidOption = (message: string) => new SseError('option_invalid', `publishHandler: ${message}`)
