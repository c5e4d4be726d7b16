/** For walks of the statechart's pure transitions, which play the answers themselves: services that never do anything. */
import { fromCallback } from 'xstate'

const idle = () => fromCallback(() => {}) as never

export const IDLE_SERVICES = {
  readLease: idle(),
  claimLease: idle(),
  renewLease: idle(),
  releaseLease: idle(),
  watchLease: idle(),
  watchClock: idle(),
  escalate: idle(),
}
