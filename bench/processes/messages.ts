/** From the bench to a server process, and back. */
export interface CpuOrder {
  type: 'cpu'
}

export type ServerAnswer = { type: 'listening'; port: number } | { type: 'cpu'; cpuMs: number }
