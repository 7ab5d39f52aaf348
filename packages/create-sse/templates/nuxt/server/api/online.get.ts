export default defineEventHandler(() => ({ connections: hub.stats().connections }))
