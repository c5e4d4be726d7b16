import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Every test waits for events; this bound only turns a hang into a failure.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
