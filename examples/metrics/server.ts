import { createServer } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { defineStream, type } from '@sse/contract'
import { observeHub, observeStreams } from '@sse/otel'
import { createHub } from '@sse/server'
import { sse } from '@sse/server/node'
import { choosePort } from '@sse-examples/page'

const clock = defineStream({ path: '/clock', events: { time: type<string>() } })
const hub = createHub(clock, { maxConnections: 1_000 })

// Read by Prometheus; any other exporter of OpenTelemetry takes its place.
const exporter = new PrometheusExporter({ preventServerStart: true })
const meterProvider = new MeterProvider({ readers: [exporter] })
observeStreams({ meterProvider })
observeHub(hub, { meterProvider })

const stream = sse(hub, { authorize: () => true, channels: 'clock' })
const server = createServer((req, res) => {
  if (req.url === '/metrics') exporter.getMetricsRequestHandler(req, res)
  else stream(req, res)
})

const timer = setInterval(() => hub.publish('clock', 'time', new Date().toISOString()), 1_000)
const port = await choosePort()
server.listen(port, () => {
  console.log(`Metrics: http://localhost:${port}/metrics\nStream:  http://localhost:${port}/clock`)
})

for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, async () => {
    clearInterval(timer)
    server.close()
    await hub.close()
    server.closeAllConnections()
  })
}
