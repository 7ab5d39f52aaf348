export { GET as POST } from '../+server.ts'
