export { type KeyValueStorage, type StoredIdOptions, storedId } from './stored-id.ts'
