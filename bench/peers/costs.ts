/** What a process costs: its start, and then a leader and a follower of one Lease to whom nothing happens. */
import type { Lab } from '../electors/lab.ts'
import { monotonic } from '../electors/monotonic.ts'
import type { Figure } from '../measurement.ts'
import type { BenchOptions } from '../options.ts'
import type { PeerCase } from './case.ts'
import { insist, LEADER, LEASE, settle, startFollower, startLeader } from './gathering.ts'
import { Meter } from './meter.ts'
import type { PeerProcess } from './peer-process.ts'

const FOLLOWER = 'follower'
/** Seconds, at most: a watch has to be seen to stand, and the slowest polls are rare. */
export const WINDOW = 120
const HOUR = 3_600

export const COSTS: readonly PeerCase[] = [
  { title: 'a start', shareOfRounds: 1, measure: start },
  { title: 'a leader and a follower', shareOfRounds: 0.25, measure: idle },
]

async function start(lab: Lab<PeerProcess>): Promise<Figure[]> {
  // The server's own first answers take longer.
  await lab.server.report(LEADER, 0)
  const elector = await startLeader(lab)
  const { asked } = await lab.server.report(LEADER, elector.startedAt)
  return [
    { name: 'first request', unit: 'ms', value: Math.min(...asked.map(({ at }) => at)) - elector.startedAt },
    { name: 'leading', unit: 'ms', value: elector.firstLeadingAt! - elector.startedAt },
  ]
}

async function idle(lab: Lab<PeerProcess>, { seconds }: BenchOptions): Promise<Figure[]> {
  const kubeConfig = await lab.server.kubeConfig(LEADER)
  await using leaderMeter = await Meter.start(kubeConfig)
  await using followerMeter = await Meter.start(kubeConfig)
  const leader = await lab.start(LEADER, [{ lease: LEASE, identity: LEADER }], leaderMeter.through)
  await insist(leader, 'leads', () => leader.leading.size > 0)
  const follower = await startFollower(lab, FOLLOWER, followerMeter.through)
  await settle(leader)

  const [from, leaderBefore, followerBefore] = [monotonic(), await leader.usage(), await follower.usage()]
  const bytesBefore = [leaderMeter.bytes, followerMeter.bytes] as const
  await leader.pass(Math.min(seconds, WINDOW))
  const [leaderAfter, followerAfter] = [await leader.usage(), await follower.usage()]
  const [led, followed] = [await lab.server.report(LEADER, from), await lab.server.report(FOLLOWER, from)]
  const hours = (led.at - from) / 1000 / HOUR
  const renewals = led.asked.filter(({ verb }) => verb === 'update' || verb === 'patch').length
  const cpu = leaderAfter.cpuSeconds - leaderBefore.cpuSeconds
  return [
    { name: "leader's requests an hour", unit: '', value: led.asked.length / hours },
    { name: "follower's requests an hour", unit: '', value: followed.asked.length / hours },
    { name: "leader's bytes an hour", unit: 'kB', value: (leaderMeter.bytes - bytesBefore[0]) / hours / 1000 },
    { name: "follower's bytes an hour", unit: 'kB', value: (followerMeter.bytes - bytesBefore[1]) / hours / 1000 },
    { name: "leader's connections", unit: '', value: leaderMeter.connections },
    { name: "follower's connections", unit: '', value: followerMeter.connections },
    { name: "leader's memory", unit: 'MB', value: leaderAfter.memory },
    { name: "follower's memory", unit: 'MB', value: followerAfter.memory },
    { name: "leader's processor time for 1,000 renewals", unit: 's', value: (cpu / renewals) * 1000 },
    {
      name: "follower's processor time an hour",
      unit: 's',
      value: (followerAfter.cpuSeconds - followerBefore.cpuSeconds) / hours,
    },
  ]
}
