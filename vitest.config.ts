import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    // Some files wait for real processes and connections most of their time: more workers than cores keep the cores busy.
    maxWorkers: '150%',
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
