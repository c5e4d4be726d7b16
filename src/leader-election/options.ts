/** What `LeaderElection` takes beside the statechart's input, and its validation. */
import type { ActorOptions } from 'xstate'
import type { ElectionMachine } from '../election-machine.ts'
import { ConfigurationError } from '../errors.ts'
import { isKubeConfig, type KubeConfigSource } from '../kubernetes/access/kube-config.ts'
import type { Clock } from '../lease/clock.ts'
import { INPUT_NAMES, refuseUnknown } from '../options/options.ts'
import { validRetryBackoffs } from '../options/timing.ts'
import type { ElectionInput } from '../options/types.ts'
import { display, flag, wrong } from '../options/validation.ts'
import { isLog, type LogLike } from '../telemetry/log.ts'
import type { Statsd } from '../telemetry/statsd.ts'

/**
 * What a `LeaderElection` takes besides the name of the Lease. All of it may be left out; what is wrong or unknown throws a
 * ConfigurationError from the constructor.
 */
export interface LeaderElectionOptions extends Omit<ElectionInput, Elsewhere> {
  /** Default: KUBECONFIG, ~/.kube/config or the pod's service account. A function is called again when credentials are refused. */
  readonly kubeConfig?: KubeConfigSource | undefined
  /** Milliseconds to wait after the first, second, … failure in a row. Default [100, 500, 1000, 2000, 4000]. */
  readonly retryBackoffs?: readonly number[] | undefined
  /** A hot-shots client: `leader_running` is counted once an interval while leading; what else, `countEvent` tells. */
  readonly statsd?: Statsd | undefined
  /** Writes Events of the Lease, as client-go does: who became leader, who stopped, why. Needs the right to create them. Default false. */
  readonly events?: boolean | undefined
  /** `console`, a pino logger, Nest's `Logger` or the like. Default: the package `debug`, under `kubernetes-leader-election:*`. */
  readonly log?: LogLike | undefined
  /** For the Stately inspector: the `inspect` of its `createBrowserInspector` and the like. What it throws harms nobody. */
  readonly inspect?: ActorOptions<ElectionMachine>['inspect'] | undefined
  /** Stops the election in order when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** For simulations. Default: the clocks of this process. */
  readonly clock?: Clock | undefined
  /** For simulations: draws the jitter of waits, from 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Of the statechart's input, what is said otherwise here. */
type Elsewhere = 'leaseName' | 'term' | 'incarnation'

const ELSEWHERE: Record<Elsewhere, string> = {
  leaseName: "give it as the first argument: new LeaderElection('my-app', options)",
  term: 'call `becomeLeaderForLife()` for life, or `lead(work)` for terms that are renewed',
  incarnation: 'each election draws its own',
}

/** Complete, and checked to be. */
const OWN_NAMES: Record<Exclude<keyof LeaderElectionOptions, keyof ElectionInput>, true> = {
  kubeConfig: true,
  retryBackoffs: true,
  statsd: true,
  events: true,
  log: true,
  inspect: true,
  signal: true,
  clock: true,
  random: true,
}

const NAMES = [...INPUT_NAMES.filter((name) => !(name in ELSEWHERE)), ...Object.keys(OWN_NAMES)]

/** @throws ConfigurationError that says what was received, what was expected and how to mend it. */
export function validateOptions(options: LeaderElectionOptions): void {
  if (typeof options !== 'object' || options === null) throw wrong('options', options, 'an object')
  for (const [name, instead] of Object.entries(ELSEWHERE)) {
    if (name in options) throw new ConfigurationError(`the option \`${name}\` is not taken here: ${instead}.`)
  }
  refuseUnknown(options, NAMES)
  const { kubeConfig, retryBackoffs, log, statsd, events, signal, inspect, random, clock } = options
  if (retryBackoffs !== undefined) validRetryBackoffs(retryBackoffs)
  if (kubeConfig !== undefined && typeof kubeConfig !== 'function' && !isKubeConfig(kubeConfig)) {
    throw new ConfigurationError(
      `kubeConfig is ${withoutSecrets(kubeConfig)}; expected a KubeConfig of @kubernetes/client-node, or a function that ` +
        'returns one.',
    )
  }
  if (statsd !== undefined && typeof statsd?.increment !== 'function') {
    throw wrong('statsd', statsd, 'a hot-shots client, with a function `increment`')
  }
  flag('events', events)
  if (log !== undefined && !isLog(log)) {
    throw wrong(
      'log',
      log,
      'console, a pino logger or the like, with functions `debug`, `info` or `log`, `warn` and `error`',
    )
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong('signal', signal, 'an AbortSignal')
  if (random !== undefined && typeof random !== 'function') {
    throw wrong('random', random, 'a function that returns a number from 0 to 1')
  }
  if (clock !== undefined && !['now', 'setTimeout', 'clearTimeout'].every((name) => isFunction(clock, name))) {
    throw wrong('clock', clock, 'an object with functions `now`, `setTimeout` and `clearTimeout`')
  }
  if (inspect !== undefined && typeof inspect !== 'function' && typeof inspect?.next !== 'function') {
    throw wrong('inspect', inspect, 'a function or an observer: the `inspect` of an inspector')
  }
}

/** What the statechart takes, and nothing else: an inspector shows it, and it must not show credentials. */
export function inputOf(options: LeaderElectionOptions): ElectionInput {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !(name in OWN_NAMES)))
}

/** Whatever it is, there may be a token in it. */
function withoutSecrets(value: unknown): string {
  if (typeof value === 'string' && value.length > 100) return `a text of ${value.length} characters`
  if (typeof value !== 'object' || value === null) return display(value)
  return `an object with ${Object.keys(value).slice(0, 10).join(', ') || 'nothing in it'}`
}

function isFunction(object: object, name: string): boolean {
  return typeof (object as Record<string, unknown> | null)?.[name] === 'function'
}
