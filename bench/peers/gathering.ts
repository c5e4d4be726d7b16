/** A leader of one Lease and those who follow it, each a process of its own with a token of its own. */
import type { Lab } from '../electors/lab.ts'
import type { PeerProcess } from './peer-process.ts'

export const LEASE = 'peers'
export const LEADER = 'leader'
/** Seconds within which one starts, and all know who leads. */
const PATIENCE = 60
/** Seconds in which those who do not tell it will have asked at least twice. */
const SETTLING = 5

export async function startLeader(lab: Lab<PeerProcess>): Promise<PeerProcess> {
  const leader = await lab.start(LEADER, [{ lease: LEASE, identity: LEADER }])
  await insist(leader, 'leads', () => leader.leading.size > 0)
  return leader
}

/** Follows, and knows whom. `through`: another way to the server than straight. */
export async function startFollower(
  lab: Lab<PeerProcess>,
  identity: string,
  through?: (kubeConfig: string) => string,
): Promise<PeerProcess> {
  const follower = await lab.start(identity, [{ lease: LEASE, identity }], through)
  await insist(follower, 'follows', () => (follower.peer.tellsLeader ? follower.isInformed : follower.isUp))
  return follower
}

/** Until the follower's timers are out of step with the leader's, by a chance that is another one each time. */
export async function settle(elector: PeerProcess): Promise<void> {
  await elector.pass(SETTLING + 2 * Math.random())
}

export async function insist(elector: PeerProcess, does: string, condition: () => boolean): Promise<void> {
  const { name } = elector.peer
  if (!(await elector.until(condition, PATIENCE * 1000)))
    throw new Error(`none of ${name} ${does} within ${PATIENCE} s.`)
}
