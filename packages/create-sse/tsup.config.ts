import { definePackage } from '../../tsup.shared.ts'

export default definePackage({ entry: ['src/index.ts', 'src/main.ts'] })
