import { delimiter, dirname } from 'node:path'

/** The environment in which a program is found by its name. */
export const inPath = (program = ''): { PATH: string } => ({
  PATH: [dirname(program), process.env.PATH].join(delimiter),
})
