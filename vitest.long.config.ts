/** `npm run test:long`: more of what `npm test` shows, which takes long by its nature. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/packed-package.ts', 'test/support/bundled-command.ts'],
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
