/** `run`: runs a command only while this process leads. The election stands in `run/supervisor.ts`, the command in `run/guard.ts`. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LeaderElection } from '../leader-election.ts'
import { LONGEST_DELAY } from '../options/limits.ts'
import { helpOf } from './arguments/help.ts'
import { UsageError } from './arguments/usage-error.ts'
import { readArguments } from './arguments.ts'
import { silent } from './elect/narrator.ts'
import { ELECTION_FLAGS, readElection } from './election-options.ts'
import { environmentOf } from './run/environment.ts'
import { INTERNAL, WRONG_USAGE } from './run/exit-codes.ts'
import { lossGraceOf } from './run/grace.ts'
import { Guard } from './run/guard-process.ts'
import { listenToSignals } from './run/signals.ts'
import { Supervisor } from './run/supervisor.ts'
import { tellingOf } from './run/telling.ts'
import { runUnelected } from './run/unelected.ts'

const FLAGS = {
  again: {
    type: 'boolean',
    about: 'stand anew after the command has ended or the leadership was lost; after 1s, later after up to 30s',
  },
  once: {
    type: 'boolean',
    about: 'keep the leadership after the command has ended, so that nobody runs it anew: once per fencing token',
  },
  try: { type: 'boolean', about: 'end at once where another one leads' },
  wait: { type: 'duration', value: 'DURATION', about: 'end where this process does not lead within it' },
  'stop-grace': {
    type: 'duration',
    value: 'DURATION',
    about:
      "from a signal that asks to end to SIGKILL; keep it below the pod's terminationGracePeriodSeconds. Default: the lease " +
      'duration, at most 25s',
  },
  'loss-grace': {
    type: 'duration',
    value: 'DURATION',
    about:
      'from SIGTERM, at the renew deadline, to SIGKILL. Default: half of what is between the renew deadline and the end of ' +
      'the lease',
  },
  stdin: { type: 'boolean', about: 'the command reads this standard input; else it has none' },
  disabled: { type: 'boolean', about: 'just run the command, once, without a cluster: for local development' },
  quiet: { type: 'boolean', short: 'q', about: 'tell only what goes wrong' },
  ...ELECTION_FLAGS,
  json: {
    type: 'boolean',
    about:
      'for programs: an object a line on stderr, since stdout is the command\'s, and errors as one of type "failed"',
  },
} as const

export const USAGE = helpOf({
  examples: [
    ['run my-app -- ./worker --fast', 'in one replica at a time; the others wait'],
    ['run my-app --again -- ./worker', 'and stand anew whenever it has ended'],
    ['run nightly --try -- ./job', 'unless another one runs it already'],
  ],
  synopsis: 'run [LEASE] [options] -- COMMAND [ARGUMENT...]',
  about: [
    'Stands for election, starts the command once it leads, renews the Lease in a process of its own, and gives it back once ' +
      'the command and all of its process group have ended. There is no shell. SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 and ' +
      'SIGUSR2 are passed on to the group. TERM, INT and QUIT stop in order: the Lease is renewed until the command has ended. ' +
      'If the leadership is lost, the command gets SIGTERM at the renew deadline, and is killed before another one can lead.',
    'The command finds in its environment:',
    [
      ['LEADER_ELECTION_LEASE', 'and LEADER_ELECTION_NAMESPACE where it is known here'],
      ['LEADER_ELECTION_IDENTITY', 'the name under which this process leads'],
      ['LEADER_ELECTION_FENCING_TOKEN', 'increases from term to term; LEADER_ELECTION_DISABLED=true with --disabled'],
    ],
    "LEASE defaults to LEASE_NAME; where POD_NAME and POD_UID are known, the Lease is the pod's and goes with it.",
  ],
  flags: FLAGS,
  exitCodes: {
    N: "the command's own",
    '128+n': 'signal n ended the command, or the wait for the leadership',
    [WRONG_USAGE]: 'wrong arguments, environment or kubeconfig',
    75: 'the leadership was lost, and the command ended for it',
    124: 'not leading within --wait, or another one leads with --try',
    [INTERNAL]: 'the API server refuses, or anything else',
    126: 'the command can not be run',
    127: 'the command is not found',
  },
})

export const FAILURES = { usage: WRONG_USAGE, other: INTERNAL, output: 'stderr' } as const

/** @throws UsageError, or ConfigurationError for what the environment says. */
export function readRunArguments(args: readonly string[]) {
  const env = { ...process.env } // as it is before the election's options change it
  const given = readArguments(args, FLAGS, { positionals: ["the Lease's name"], takesRest: true })
  const { values, rest } = given
  const [command, ...others] = rest
  const election = readElection('run', given, 'renewable')
  const { settings } = election
  if (!command) throw new UsageError('no command: put one after `--`, as in `run my-app -- ./worker`.')
  if (process.platform === 'win32')
    throw new UsageError('`run` needs process groups and signals, which Windows has not.')
  const stopGrace = values['stop-grace'] ?? settings.drainTimeout
  const order = (fencingToken?: bigint) => ({
    command,
    args: others,
    env: environmentOf(env, FLAGS, settings, fencingToken),
    // In a pod, who is restarted in it leads at once: nobody may be left then.
    orphanGrace: settings.podUid === undefined ? stopGrace : 0,
  })
  return {
    values,
    ...election,
    order,
    stopGrace,
    lossGrace: lossGraceOf(values['loss-grace'], given.given.get('loss-grace'), settings),
  }
}

export async function run(args: string[]): Promise<number> {
  const { values, input, settings, order, stopGrace, lossGrace } = readRunArguments(args)
  const telling = tellingOf(settings, { isJson: values.json ?? false, isQuiet: values.quiet ?? false })
  // The command goes on where nobody reads what is told here. Also, a stream that is opened after the command was started
  // would make the command's non-blocking.
  process.stderr.on('error', () => {})
  await using guard = new Guard(GUARD, { hasStdin: values.stdin ?? false, stopGrace })
  if (values.disabled) return await runUnelected(guard, order(), telling)
  const { leaseName, term, ...options } = input
  // It ends when the command has: until then the Lease is kept.
  const election = new LeaderElection(leaseName, { ...options, log: silent, drainTimeout: LONGEST_DELAY })
  const { again = false, once = false, wait } = values
  const conduct = { again, once, isTry: values.try ?? false, wait, lossGrace, order }
  const supervisor = new Supervisor(election, guard, telling, conduct)
  using _signals = listenToSignals((name) => supervisor.signal(name))
  return await supervisor.run()
}

/** Beside this file, in the sources as in the bundle. */
const GUARD = fileURLToPath(new URL(`run/guard${extname(import.meta.url)}`, import.meta.url))
