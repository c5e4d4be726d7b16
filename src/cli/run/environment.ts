/** What the command finds in its environment. */
import type { Settings } from '../../options/types.ts'
import { type Flags, variableOf } from '../arguments/flags.ts'

/**
 * The wrapper's own, without what configures the wrapper: a nested call has to say anew how it runs.
 *
 * @param fencingToken undefined where no leadership was asked for.
 */
export function environmentOf(
  env: NodeJS.ProcessEnv,
  flags: Flags,
  { leaseName, namespace, identity }: Settings,
  fencingToken: bigint | undefined,
): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(flags).map(variableOf))
  const told = {
    LEADER_ELECTION_LEASE: leaseName,
    ...(namespace !== undefined && { LEADER_ELECTION_NAMESPACE: namespace }),
    LEADER_ELECTION_IDENTITY: identity,
    ...(fencingToken === undefined
      ? { LEADER_ELECTION_DISABLED: 'true' }
      : { LEADER_ELECTION_FENCING_TOKEN: String(fencingToken) }),
  }
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name))), ...told }
}
