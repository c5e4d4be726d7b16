import { defineConfig } from 'vitest/config'

/** These start processes, take turns of the event loop for long, or load sources with mistakes in them. */
const ALONE = [
  'cli',
  'cli/*',
  'demo',
  'interleavings',
  'mutations',
  'processes',
  'simulation',
  'transitions',
  'transport',
].map((name) => `test/${name}.test.ts`)

export default defineConfig({
  test: {
    globalSetup: ['test/support/bundled-command.ts'],
    // Some files wait for real processes and connections most of their time: more workers than cores keep the cores busy.
    maxWorkers: '150%',
    // Every test waits for events; this bound only turns a hang into a failure.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', 'test/browser/**', ...ALONE],
          // Loading client-node for each file anew would cost more than many of them.
          isolate: false,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      // These run elsewhere: the embedded server has a conformance suite, the command line processes, the page a browser.
      exclude: ['src/testing/**', 'src/cli/**', 'src/viewer/page/**'],
      reporter: ['text'],
      // What can't be reached says so, and why, where it stands.
      thresholds: { branches: 95 },
    },
  },
})
