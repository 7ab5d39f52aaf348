/** Fails, for the test of this suite itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { answerCalls } from './answer-calls.ts'

answerCalls({
  async fail(): Promise<void> {
    setTimeout(() => {
      throw new Error('thrown')
    })
    await sleep(5)
    Promise.reject(new Error('rejected'))
    await sleep(5)
  },
  exit: () => process.exit(3),
})
