import { definePackage } from '../../tsup.shared.ts'

// Lit is bundled and minified, so that an app with another version of Lit, or none, is not affected.
export default definePackage({ minify: true })
