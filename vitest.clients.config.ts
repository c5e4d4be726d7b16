import { defineConfig } from 'vitest/config'

/** Clients that have to be built first, which takes minutes, or installed: `npm run test:clients`. */
export default defineConfig({
  test: { include: ['test/clients/**/*.spec.ts'], testTimeout: 60_000 },
})
