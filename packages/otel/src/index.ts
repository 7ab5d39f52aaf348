/**
 * OpenTelemetry metrics and trace links for streams and hubs.
 *
 * @see docs/operations/monitoring.md
 * @module
 */
export {}
