/**
 * Ends processes whose bench is gone, however it went: a process in another language knows nothing of it, and one that
 * stands still could not look.
 */
const pids = new Set<number>()

process.on('message', ({ begun, over }: { begun?: number; over?: number }) => {
  if (begun !== undefined) pids.add(begun)
  if (over !== undefined) pids.delete(over)
})
process.once('disconnect', () => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  process.exit()
})
// A signal for all of the terminal's processes ends the bench, and so this one after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
