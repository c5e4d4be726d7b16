/** `elect`: stands for election and tells what happens, for people or as JSON lines. */

import { ConfigurationError, ElectionStoppedError, LeadershipLostError, messageOf } from '../errors.ts'
import type { Term } from '../options/types.ts'
import { helpOf } from './arguments/help.ts'
import { readArguments } from './arguments.ts'
import { aborted } from './elect/events.ts'
import { say } from './elect/narrator.ts'
import { type Woke, watchForPauses } from './elect/pauses.ts'
import { type ToldElection, tellElection } from './elect/telling.ts'
import { ELECTION_FLAGS, JSON_FLAG, readElection } from './election-options.ts'
import { printEvent, printFailure } from './json-lines.ts'
import { failUnlessWritten } from './whole-output.ts'

const FLAGS = {
  renewable: { type: 'boolean', about: 'stand again after a loss, instead of ending; needs no pod' },
  ...ELECTION_FLAGS,
  ...JSON_FLAG,
} as const

export const USAGE = helpOf({
  examples: [
    ['elect my-app --renewable', 'from anywhere: in the cluster of KUBECONFIG'],
    ['elect my-app --preset client-go', 'in a pod, for life: the Lease goes with the pod'],
    ['elect my-app --renewable --json', 'for programs'],
  ],
  synopsis: 'elect [LEASE] [options]',
  about: [
    'Stands for election and, once leading, leads until the process is stopped, or the leadership is lost. Tells what ' +
      'happens on stderr; with --json on stdout instead. LEASE defaults to LEASE_NAME; the pod is that of POD_NAME and POD_UID.',
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'stopped by SIGTERM, SIGINT or the end of who reads its output; the Lease was given back',
    1: 'the leadership was lost',
    2: 'wrong arguments, environment or kubeconfig',
    3: 'the API server refuses, or anything else',
  },
})

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readElectArguments(args: readonly string[]) {
  const given = readArguments(args, FLAGS, { positionals: ["the Lease's name"] })
  const election = readElection('elect', given, given.values.renewable ? 'renewable' : 'life')
  return { isJson: given.values.json ?? false, ...election }
}

export function run(args: string[]): Promise<number> {
  const { isJson, ...given } = readElectArguments(args)
  return stand(tellElection(given, isJson), given.settings.term, isJson)
}

/** Returns the exit code. */
export async function stand(
  { election, narrator, isEndTold }: ToldElection,
  term: Term,
  isJson: boolean,
): Promise<number> {
  const woke = (event: Woke) => {
    if (election.leader !== election.identity) return
    if (isJson) printEvent(event, election.isLeading())
    else narrator.warn(`this process stood still for ${Math.round(event.pausedFor)} ms`)
  }
  const stopWatching = watchForPauses(woke)
  const stop = () => void election.stop()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
  failUnlessWritten()
  // Whoever has read the output is gone: as `| head` is.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop)

  try {
    if (term === 'renewable') await election.lead(({ signal }) => aborted(signal))
    else {
      const { signal } = await election.becomeLeaderForLife()
      election.lost.catch(() => {}) // the signal's reason tells the same
      await aborted(signal)
      if (signal.reason instanceof LeadershipLostError) throw signal.reason
    }
    return 0
  } catch (error) {
    if (error instanceof ElectionStoppedError) return 0
    if (!isEndTold() && isJson) printFailure(error)
    else if (!isEndTold()) say(messageOf(error))
    if (error instanceof LeadershipLostError) return 1
    return error instanceof ConfigurationError ? 2 : 3
  } finally {
    stopWatching()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, stop)
  }
}
