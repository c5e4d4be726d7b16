/** `npm run test:browser`: the pages in a real browser, where there is one. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/support/bundled-command.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
