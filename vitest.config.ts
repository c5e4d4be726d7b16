import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    // By default one core is left to who watches: on two cores everything would wait for one.
    maxWorkers: '100%',
    // Every test waits for events; this bound only turns a hang into a failure.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // The embedded server has a conformance suite of its own, and the command line runs as processes of its own.
      exclude: ['src/testing/**', 'src/cli/**'],
      reporter: ['text'],
      // What can't be reached says so, and why, where it stands.
      thresholds: { branches: 95 },
    },
  },
})
