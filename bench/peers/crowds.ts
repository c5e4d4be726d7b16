/** Many elections in one process, and many candidates of one Lease: of those that take many in a process. */
import { handOver, measureOutage } from '../herd.ts'
import { hold } from '../many.ts'
import type { PeerCase } from './case.ts'

const HERD = { followers: 200, processes: 1 }
const OUTAGE = 10
const ELECTIONS = 1_000
const HELD = 120
/** With one Lease whose requests hang. */
const BESIDE_HANGING = { elections: 100, seconds: 25 }

export const CROWDS: readonly PeerCase[] = [
  {
    title: 'of 200 candidates the leader stops',
    shareOfRounds: 1,
    isOfMany: true,
    measure: (lab, { followers }) =>
      handOver({ ...HERD, followers: Math.min(HERD.followers, followers) }, 'stops', lab),
  },
  {
    title: '200 candidates, an outage',
    shareOfRounds: 0.25,
    isOfMany: true,
    measure: (lab, { followers, seconds }) =>
      measureOutage(
        { ...HERD, followers: Math.min(HERD.followers, followers), seconds: Math.min(OUTAGE, seconds) },
        lab,
      ),
  },
  ...[0, 10].map(
    (delay): PeerCase => ({
      title: `1,000 elections in a process, ${delay} ms a request`,
      shareOfRounds: 0.2,
      isOfMany: true,
      measure: (lab, options) =>
        hold(
          { elections: Math.min(ELECTIONS, options.elections), delay, seconds: Math.min(HELD, options.seconds) },
          lab,
        ),
    }),
  ),
  {
    title: "100 elections in a process, one Lease's requests hang",
    shareOfRounds: 0.2,
    isOfMany: true,
    measure: (lab, options) =>
      hold(
        {
          elections: Math.min(BESIDE_HANGING.elections, options.elections),
          delay: 0,
          seconds: Math.min(BESIDE_HANGING.seconds, options.seconds),
          hangs: true,
        },
        lab,
      ),
  },
]
