/** The leader goes, in each of the ways in which leaders go: when the follower leads, and until when the old one says so. */
import type { Lab } from '../electors/lab.ts'
import { monotonic } from '../electors/monotonic.ts'
import type { Figure } from '../measurement.ts'
import type { PeerCase } from './case.ts'
import { LEADER, LEASE, settle, startFollower, startLeader } from './gathering.ts'
import { CLIENT_GO_TIMING, type PeerProcess } from './peer-process.ts'
import { countLeaders, termsOf } from './terms.ts'

/** Seconds within which another one should lead: more than twice the Lease's duration. */
const PATIENCE = 40
/** Milliseconds: what the leader sent before it was gone counts as its last renewal. */
const ON_ITS_WAY = 1_000
const LEASE_DURATION = CLIENT_GO_TIMING.leaseDuration * 1000
/** Seconds after waking within which the old one should have noticed. */
const WAKING = 30
/** Seconds after the deletion that are looked at: more than a Lease's duration and a renew deadline. */
const AFTER_DELETION = 28

export const FAIL_OVER: readonly PeerCase[] = [
  { title: 'the leader stops', shareOfRounds: 1, measure: stop },
  { title: 'the leader is killed', shareOfRounds: 0.5, measure: kill },
  { title: 'the leader is paused', shareOfRounds: 0.25, order: { sampling: 10 }, measure: pause },
  { title: 'the Lease is deleted', shareOfRounds: 0.25, measure: deleteLease },
]

async function pair(lab: Lab<PeerProcess>): Promise<[leader: PeerProcess, follower: PeerProcess]> {
  const leader = await startLeader(lab)
  const follower = await startFollower(lab, 'follower')
  await settle(leader)
  return [leader, follower]
}

/** When the follower leads; undefined where it does not. */
async function succession(follower: PeerProcess): Promise<number | undefined> {
  await follower.until(() => follower.leading.size > 0, PATIENCE * 1000)
  return follower.firstLeadingAt
}

async function stop(lab: Lab<PeerProcess>): Promise<Figure[]> {
  const [leader, follower] = await pair(lab)
  const from = monotonic()
  leader.kill('SIGTERM')
  return [{ name: 'until the next one leads', unit: 'ms', value: since(from, await succession(follower)) }]
}

async function kill(lab: Lab<PeerProcess>): Promise<Figure[]> {
  const [leader, follower] = await pair(lab)
  leader.kill('SIGKILL')
  return [await beyondExpiry(lab, monotonic(), await succession(follower))]
}

/** Of the Lease of a leader that is gone since then. */
async function beyondExpiry(
  lab: Lab<PeerProcess>,
  goneSince: number,
  succeededAt: number | undefined,
): Promise<Figure> {
  const { renewals } = await lab.server.report(LEADER, 0)
  const renewedAt = renewals[LEASE]!.findLast((at) => at < goneSince + ON_ITS_WAY)!
  const value = since(renewedAt + LEASE_DURATION, succeededAt)
  return { name: 'beyond the expiry, until the next one leads', unit: 'ms', value }
}

async function pause(lab: Lab<PeerProcess>): Promise<Figure[]> {
  const [leader, follower] = await pair(lab)
  leader.kill('SIGSTOP')
  const figures = [await beyondExpiry(lab, monotonic(), await succession(follower))]
  await follower.pass(1)
  const from = monotonic()
  leader.kill('SIGCONT')
  await leader.until(() => leader.leading.size === 0, WAKING * 1000)
  figures.push({
    name: 'awake again, until its callback says that it does not lead',
    unit: 'ms',
    value: since(from, leader.lost[0]?.at),
  })
  const lastSaid = leader.saidToLead.findLast((at) => at >= from) ?? from
  const isAsked = leader.saidToLead.length > 0
  return isAsked
    ? [...figures, { name: 'awake again, isLeading() is true for', unit: 'ms', value: lastSaid - from }]
    : figures
}

async function deleteLease(lab: Lab<PeerProcess>): Promise<Figure[]> {
  const leader = await startLeader(lab)
  const followers = [await startFollower(lab, 'follower-1'), await startFollower(lab, 'follower-2')]
  await settle(leader)
  const from = monotonic()
  await lab.server.deleteLease(LEASE)
  await leader.pass(AFTER_DELETION)
  const terms = [leader, ...followers].flatMap(({ led, lost }, index) => termsOf(String(index), led, lost))
  const { none, several } = countLeaders(terms, from, monotonic())
  return [
    { name: `two say to lead, of ${AFTER_DELETION} s`, unit: 'ms', value: several },
    { name: `nobody says to lead, of ${AFTER_DELETION} s`, unit: 'ms', value: none },
  ]
}

function since(from: number, at: number | undefined): number | null {
  return at === undefined ? null : at - from
}
