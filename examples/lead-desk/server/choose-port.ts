import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST_PORT = 4780
const LAST_PORT = 4879

/** The port to listen on: `PORT` if it is set, else the first free one from 4780. */
export async function choosePort(): Promise<number> {
  const asked = process.env.PORT
  if (asked) {
    const port = Number(asked)
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      stop(`PORT is "${asked}"; set it to a number from 1 to 65535`)
    if (await isFree(port)) return port
    stop(`Port ${port} is taken. Stop what listens there, or set PORT to another one`)
  }
  for (let port = FIRST_PORT; port <= LAST_PORT; port += 1) if (await isFree(port)) return port
  return stop(`Ports ${FIRST_PORT} to ${LAST_PORT} are all taken. Set PORT to a free one: PORT=8000`)
}

/** Without a stack: it is the reader of the terminal who can mend this. */
function stop(message: string): never {
  console.error(message)
  process.exit(1)
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port)
  try {
    await once(probe, 'listening')
    probe.close()
    await once(probe, 'close')
    return true
  } catch {
    return false
  }
}
