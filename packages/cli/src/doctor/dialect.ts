import { RESERVED_PREFIX } from '@sse/contract/protocol'
import type { ResponseHead, StreamFacts } from './observations.ts'
import { isAppEvent, type StreamItem } from './probes/resume-point.ts'

export interface DialectInfo {
  readonly id:
    | 'native'
    | 'ai-sdk'
    | 'openai'
    | 'anthropic'
    | 'graphql'
    | 'mcp'
    | 'turbo'
    | 'html'
    | 'plain'
    | 'none'
  readonly title: string
  /** Clients that can read it. */
  readonly readers: string
  /** Whether its clients reconnect after the end of a response. */
  readonly reconnects: boolean
  /** Whether its clients fail on control events that they do not know. */
  readonly isStrict: boolean
}

const ANY_CLIENT = 'EventSource; fetch-based clients; @sse/client'

const DIALECTS: { readonly [Id in DialectInfo['id']]: Omit<DialectInfo, 'id'> } = {
  native: {
    title: '@sse with control events',
    readers: '@sse/client, which acts on the control events; EventSource; fetch-based clients',
    reconnects: true,
    isStrict: false,
  },
  'ai-sdk': {
    title: 'UI message stream of the AI SDK',
    readers: 'useChat and DefaultChatTransport; fetch-based clients',
    reconnects: false,
    isStrict: true,
  },
  openai: {
    title: "stream of OpenAI's API",
    readers: "OpenAI's client and those made for it; fetch-based clients",
    reconnects: false,
    isStrict: true,
  },
  anthropic: {
    title: "stream of Anthropic's API",
    readers: "Anthropic's client; fetch-based clients",
    reconnects: false,
    isStrict: false,
  },
  graphql: {
    title: 'GraphQL over SSE',
    readers: 'graphql-sse; fetch-based clients',
    reconnects: false,
    isStrict: true,
  },
  mcp: {
    title: 'Model Context Protocol (JSON-RPC messages)',
    readers: 'MCP clients',
    reconnects: true,
    isStrict: true,
  },
  turbo: {
    title: 'Turbo Streams (HTML)',
    readers: `Turbo's <turbo-stream-source>; ${ANY_CLIENT}`,
    reconnects: true,
    isStrict: false,
  },
  html: {
    title: 'HTML',
    readers: `htmx's sse extension; ${ANY_CLIENT}`,
    reconnects: true,
    isStrict: false,
  },
  plain: {
    title: 'plain events',
    readers: ANY_CLIENT,
    reconnects: true,
    isStrict: false,
  },
  none: { title: 'no events', readers: 'not known', reconnects: true, isStrict: false },
}

const AI_SDK_CHUNK =
  /^(start|finish|abort|start-step|finish-step|message-metadata|(text|reasoning)-(start|delta|end)|tool-(input|output)-[a-z-]+|data-.+|source-(url|document))$/

/** Returns the protocol that the events of a stream follow. Control events of `@sse` beside another protocol's do not count. */
export function dialectOf(head: ResponseHead, { items }: StreamFacts): DialectInfo {
  const id = recognize(head, items)
  return { id, ...DIALECTS[id] }
}

/** Whether a stream has control events of `@sse`. */
export function hasControlEvents({ items }: StreamFacts): boolean {
  return items.some(({ event }) => event?.startsWith(RESERVED_PREFIX))
}

function recognize(head: ResponseHead, items: readonly StreamItem[]): DialectInfo['id'] {
  const { headers } = head
  if (headers['x-vercel-ai-ui-message-stream'] !== undefined) return 'ai-sdk'
  const events = items.filter(isAppEvent).slice(0, 20)
  const values = events.map(({ data }) => readObject(data))
  const some = (test: (value: Record<string, unknown>) => boolean) =>
    values.some((value) => value && test(value))
  if (headers['mcp-session-id'] !== undefined || some(({ jsonrpc }) => jsonrpc === '2.0')) return 'mcp'
  if (events.some(({ event, data }) => event === 'endpoint' && data.startsWith('/'))) return 'mcp'
  if (some(({ object }) => object === 'chat.completion.chunk')) return 'openai'
  if (some(({ type }) => /^response\./.test(String(type)))) return 'openai'
  if (events.some(({ event }) => event === 'message_start' || event === 'content_block_delta'))
    return 'anthropic'
  const isGraphql = ({ event }: StreamItem) => event === 'next' || event === 'complete'
  if (events.length > 0 && events.every(isGraphql) && some((value) => 'data' in value || 'errors' in value))
    return 'graphql'
  if (some(({ type }) => AI_SDK_CHUNK.test(String(type))) && some(hasChunkFields)) return 'ai-sdk'
  if (items.some(({ event }) => event?.startsWith(RESERVED_PREFIX))) return 'native'
  if (events.some(({ data }) => data.trimStart().startsWith('<turbo-stream'))) return 'turbo'
  if (events.some(({ data }) => /^\s*<[a-z!]/i.test(data))) return 'html'
  return events.length > 0 ? 'plain' : 'none'
}

/** Fields that tell chunks of the AI SDK from an app's own objects with a `type`. */
function hasChunkFields(value: Record<string, unknown>): boolean {
  return 'delta' in value || 'messageId' in value || 'toolCallId' in value || value.type === 'start-step'
}

function readObject(data: string): Record<string, unknown> | undefined {
  if (!data.startsWith('{')) return undefined
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
