import { z } from 'zod'

// The page's content security policy forbids making code at run time, and zod's checks are fast enough without.
z.config({ jitless: true })
