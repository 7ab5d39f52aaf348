export { POST } from '../route'
