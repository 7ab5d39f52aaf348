import { drawBars } from '../charts/draw.ts'
import { growth } from '../charts/growth.ts'
import { drawLines } from '../charts/lines.ts'
import { client, engines, fanout, generators, memory } from '../charts/results.ts'

const ofHand = 'multiple of a loop by hand'

export declare const data: Record<string, string>

/** The charts of the page of benchmarks as SVG, drawn by the build. */
export default {
  load: (): Record<string, string> => ({
    generators: drawBars(generators(), {
      title: 'Events per CPU second of 100 streams from generators, as multiples of a loop by hand',
      label: `Events per CPU second, ${ofHand} →`,
      rule: 1,
    }),
    fanout: drawBars(fanout(), {
      title: 'Events per CPU second to 1,000 subscribers, as multiples of a loop by hand',
      label: `Events per CPU second, ${ofHand} →`,
      rule: 1,
    }),
    memory: drawBars(memory(), {
      title: 'Kilobytes of memory for each idle connection',
      label: 'KB of the server’s process for a connection (less is better) →',
    }),
    client: drawBars(client(), {
      title: 'Events per second from bytes to a callback, as multiples of a loop by hand',
      label: `Events per second, ${ofHand} →`,
      rule: 1,
    }),
    engines: drawBars(engines(), {
      title: 'Events per second that a hub stores, as multiples of calling the store directly',
      label: 'Events per second, multiple of calling the store directly →',
      rule: 1,
    }),
    connections: drawLines(growth({ 'connections-event': '' }), {
      title: 'CPU time of an event delivered, for 100 to 30,000 connections',
      label: 'CPU µs of an event delivered',
      xLabel: 'connections that get the event',
    }),
    channels: drawLines(growth({ 'channels-publish': 'publish, ', 'followed-event': 'deliver, ' }), {
      title: 'CPU time of an event, for 1 to 1,000,000 channels',
      label: 'CPU µs of an event',
      xLabel: 'channels of the hub',
    }),
    subscription: drawLines(growth({ 'subscription-event': '' }), {
      title: 'CPU time of an event delivered, for 1 to 128 channels of each subscription',
      label: 'CPU µs of an event to one connection',
      xLabel: 'channels of each subscription',
    }),
    history: drawLines(growth({ 'history-publish': 'publish ', 'history-resume': 'resume ' }), {
      title: 'CPU time of an event published, and read again, for histories of 1,000 to 10,000,000 events',
      label: 'CPU µs of an event',
      xLabel: 'events of the history',
    }),
    size: drawLines(growth({ 'size-event': '' }), {
      title: 'CPU time of an event delivered, for payloads of 50 bytes to 1 MiB',
      label: 'CPU µs of an event delivered',
      xLabel: 'bytes of the payload',
    }),
  }),
}
