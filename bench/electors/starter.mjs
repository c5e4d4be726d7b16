/**
 * An application's process at its plainest: imports the library, leads, tells when, how busy it was
 * and how much memory it has, and ends.
 * No TypeScript, which Node.js would have to strip first. Argument: URL of the library's main module.
 */
const { LeaderElection } = await import(process.argv[2])
const election = new LeaderElection('start', { preset: 'client-go', identity: 'starter', namespace: 'default' })
process.once('disconnect', () => process.exit())
await election.lead(async () => {
  const leadingAt = Number(process.hrtime.bigint()) / 1e6
  const { user, system } = process.cpuUsage()
  process.send({ leadingAt, busy: (user + system) / 1e3, resident: process.memoryUsage.rss() / 2 ** 20 })
  await new Promise((resolve) => process.once('message', resolve))
})
await election.stop()
process.disconnect()
