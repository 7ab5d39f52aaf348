import { DatabaseSync } from 'node:sqlite'
import type { UIMessage } from 'ai'

export interface ChatMessage extends UIMessage<{ stopped?: boolean }> {}

/** The messages of all chats: the part of an app's own database that the example needs. */
export function openMessages(file: string) {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS messages (
      position INTEGER PRIMARY KEY, chat TEXT NOT NULL, id TEXT NOT NULL, message TEXT, UNIQUE (chat, id))`)
  const select = database.prepare(
    'SELECT message FROM messages WHERE chat = ? AND message IS NOT NULL ORDER BY position',
  )
  const insert = database.prepare('INSERT OR IGNORE INTO messages (chat, id, message) VALUES (?, ?, ?)')
  const update = database.prepare('UPDATE messages SET message = ? WHERE chat = ? AND id = ?')
  const remove = database.prepare(`DELETE FROM messages WHERE chat = ?1 AND position >
    (SELECT max(position) FROM messages WHERE chat = ?1 AND message ->> 'role' = 'user')`)

  return {
    read(chat: string): ChatMessage[] {
      return select.all(chat).map(({ message }) => JSON.parse(String(message)))
    },
    add(chat: string, message: ChatMessage): void {
      insert.run(chat, message.id, JSON.stringify(message))
    },
    /** Keeps the place of an answer, which is saved when it has ended. */
    reserve(chat: string, id: string): void {
      insert.run(chat, id, null)
    },
    save(chat: string, message: ChatMessage): void {
      update.run(JSON.stringify(message), chat, message.id)
    },
    /** Removes what follows the last message of the user. */
    removeAnswer(chat: string): void {
      remove.run(chat)
    },
    close(): void {
      database.close()
    },
  }
}
