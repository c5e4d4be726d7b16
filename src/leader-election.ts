/**
 * The facade: owns the actor of one election, and wires its events to promises, signals, listeners, the log and metrics.
 *
 * Guaranteed: work runs only within a term of this process's own; its signal aborts when the term ends, and it has
 * settled before the Lease is given back or another term begins.
 */
import { createActor } from 'xstate'
import { type ElectionActor, validityNow } from './election-machine.ts'
import { ConfigurationError, ElectionError } from './errors.ts'
import { type Health, healthOf } from './leader-election/health.ts'
import { Inspectors } from './leader-election/inspectors.ts'
import { type Inspector, isolated } from './leader-election/isolation.ts'
import type { Leadership } from './leader-election/leadership.ts'
import { Lifelong } from './leader-election/life.ts'
import { type ElectionEventType, type ElectionListener, Listeners } from './leader-election/listeners.ts'
import { Observers } from './leader-election/observers.ts'
import { inputOf, type LeaderElectionOptions, validateOptions } from './leader-election/options.ts'
import { sharedMachine } from './leader-election/shared-machine.ts'
import { type ElectionStatus, statusOf } from './leader-election/status.ts'
import { stepDown } from './leader-election/step-down.ts'
import { describeTiming } from './leader-election/timing-in-words.ts'
import { attachWork, stopped, type Work } from './leader-election/work.ts'
import type { Clock } from './lease/clock.ts'
import { resolveSettings } from './options/options.ts'
import { DEFAULT_RETRY_BACKOFFS } from './options/timing.ts'
import type { Settings, Term } from './options/types.ts'
import { display } from './options/validation.ts'
import { systemClock } from './process/system-clock.ts'
import type { ElectionEmitted, ElectionInput } from './statechart/types.ts'
import { asLog, debugLog, type Log } from './telemetry/log.ts'

export type { ElectionEventType, ElectionListener, ElectionStatus, Health, LeaderElectionOptions, Leadership }

/** One candidate for one Lease: stands for election when asked to, as often as asked to, until it is stopped. */
export class LeaderElection implements AsyncDisposable {
  readonly #options: LeaderElectionOptions
  /** From its beginning on those of the present election: there are many of them in a process. */
  #settings: Settings
  readonly #clock: Clock
  readonly #log: Log
  readonly #observers: Observers
  readonly #listeners = new Listeners()
  readonly #inspectors = new Inspectors()
  readonly #lifelong = new Lifelong()
  #actor: ElectionActor | undefined
  #forLife: Promise<Leadership> | undefined
  #ended: Promise<void> = Promise.resolve()

  /**
   * @param leaseName name of the Lease, one per thing to lead. Default: LEASE_NAME.
   * @throws ConfigurationError for wrong options, with the received value and the relation that fails.
   */
  constructor(leaseName?: string, options: LeaderElectionOptions = {}) {
    validateOptions(options)
    // The identity is chosen here once; each election that it begins draws an incarnation of its own.
    this.#settings = resolveSettings({ ...inputOf(options), leaseName, term: 'renewable' })
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ? asLog(options.log) : debugLog
    const own = { options, settings: this.#settings, clock: this.#clock, log: this.#log }
    this.#observers = new Observers({ ...own, isLeading: () => this.isLeading() })
    this.#log.debug(describeTiming(this.#settings, options.retryBackoffs ?? DEFAULT_RETRY_BACKOFFS))
  }

  /**
   * Stands for election and resolves once this pod leads. It leads until the pod dies; `lost` rejects if it is lost.
   *
   * @throws ConfigurationError where the pod or the cluster is missing; ForbiddenError, UnauthorizedError or
   * NamespaceNotFoundError when it was refused for `startTimeout`; RetriesExhaustedError with `endAfterRetries`;
   * ElectionStoppedError when stopped before it led.
   */
  becomeLeaderForLife(): Promise<Leadership> {
    if (!this.#forLife) {
      const forLife = this.#leadForLife()
      this.#forLife = forLife
      forLife.catch(() => {
        if (this.#forLife === forLife) this.#forLife = undefined
      })
    }
    // A promise of the caller's own: a failure that nobody handles must not count as handled here.
    return this.#forLife.then((leadership) => leadership)
  }

  /**
   * Stands for election and runs `work` while leading; resolves with what it returns, after the Lease was given back.
   *
   * If the leadership is lost meanwhile, the work's signal aborts, the work is awaited, and once this process leads
   * again it is run anew. If the work throws, the Lease is given back and the promise rejects with that error.
   *
   * @param options `signal` stops in order when it aborts; the promise then resolves with what the work returns, or
   * rejects with the signal's reason where no work was running.
   */
  async lead<Result>(
    work: Work<Result>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Result> {
    if (typeof work !== 'function') throw new ConfigurationError(`work is ${display(work)}; expected a function.`)
    signal?.throwIfAborted()
    const actor = this.#prepare('renewable')
    const outcome = attachWork(actor, work, this.#makeLeadership, signal)
    return this.#run(actor, signal).then(outcome)
  }

  /** Ends the election in order: the work's signal aborts, the work is awaited, the Lease is given back. */
  async stop(): Promise<void> {
    if (this.#isRunning()) this.#actor!.send({ type: 'stop' })
    await this.#ended.catch(() => {}) // whoever started the election is told
  }

  /**
   * Gives the leadership up in order and stands again after `cooldown` milliseconds (default: the interval). Resolves
   * when the Lease was given back; where the work did not stop within `drainTimeout`, when it is left to expire.
   *
   * @throws ElectionError for a leader for life, which can only `stop`.
   */
  async stepDown({ cooldown }: { readonly cooldown?: number } = {}): Promise<void> {
    if (this.#isRunning()) await stepDown(this.#actor!, cooldown)
  }

  /** Whether this process leads, by all clocks at the moment of the call. */
  isLeading(): boolean {
    const actor = this.#actor
    if (!actor) return false
    const validity = validityNow(actor.getSnapshot(), this.#clock.now())
    if (validity === 'inDoubt') actor.send({ type: 'clockDoubted' })
    return validity === 'valid'
  }

  /**
   * Rejects with a `LeadershipLostError` when a leadership for life is lost. Unless handled, that ends the process. Each
   * loss has a promise of its own: after one, the next leadership begins another.
   */
  get lost(): Promise<never> {
    return this.#lifelong.lost
  }

  /** The holder that was last seen in the Lease; undefined where nobody holds it, or nothing was seen yet. */
  get leader(): string | undefined {
    return this.#actor?.getSnapshot().context.leader
  }

  /** What the election is like at this moment: who leads and until when, states, failures. */
  status(): ElectionStatus {
    return statusOf(this.#actor?.getSnapshot(), this.#settings, this.#clock.now())
  }

  /**
   * What probes ask. `live` is false where a restart would help, `ready` only where the election has ended with an error.
   *
   * @param options `margin`: for how many milliseconds a term may be over before that counts. Default: what lies between the
   * renew deadline and the lease duration, after which another one may lead.
   */
  health({ margin }: { readonly margin?: number } = {}): Health {
    const { leaseDuration, renewDeadline } = this.#settings
    const hasFailed = this.#actor?.getSnapshot().status === 'error'
    return healthOf(this.status(), hasFailed, margin ?? leaseDuration - renewDeadline)
  }

  /** The name under which this process stands. */
  get identity(): string {
    return this.#settings.identity
  }

  /**
   * Calls the listener for each event of this type, in this and later terms; returns a function that ends it.
   *
   * @throws ConfigurationError for an event that there is not, or a listener that is no function.
   */
  on<Type extends ElectionEventType>(type: Type, listener: ElectionListener<Type>): () => void {
    return this.#listeners.add(type, listener)
  }

  /** As the option `inspect`, also in the middle of an election; returns what ends it. @throws ConfigurationError */
  inspect(inspector: Inspector): () => void {
    return this.#inspectors.add(inspector)
  }

  /** As `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #leadForLife(): Promise<Leadership> {
    const { signal } = this.#options
    const run = (actor: ElectionActor) =>
      this.#run(actor).finally(() => {
        this.#forLife = undefined
      })
    return this.#lifelong.lead(
      () => this.#prepare('life'),
      run,
      this.#makeLeadership,
      () => (signal?.aborted ? signal.reason : stopped()),
    )
  }

  #prepare(term: Term): ElectionActor {
    if (this.#isRunning()) {
      throw new ElectionError('this election is running already: await or `stop` it, or construct another one.')
    }
    const { inspect, signal, kubeConfig, retryBackoffs, random } = this.#options
    signal?.throwIfAborted()
    const machine = sharedMachine({
      kubeConfig,
      clock: this.#clock,
      ...(retryBackoffs && { retryBackoffs }),
      ...(random && { random }),
    })
    const { leaseName, identity } = this.#settings
    const input: ElectionInput = { ...inputOf(this.#options), leaseName, identity, term }
    resolveSettings(input) // throws here rather than within the actor
    const actor = createActor(machine, { input, clock: this.#clock, ...(inspect && { inspect: isolated(inspect) }) })
    this.#settings = actor.getSnapshot().context.settings
    return actor
  }

  /** Starts the actor; resolves when it was stopped, rejects with what ended it. */
  #run(actor: ElectionActor, signal?: AbortSignal): Promise<void> {
    this.#actor = actor
    this.#inspectors.attach(actor)
    // After our own listeners: the work is known to the statechart before anybody else can ask it to stop.
    actor.on('*', (event) => this.#dispatch(event))
    const stop = () => actor.send({ type: 'stop' })
    const signals = [this.#options.signal, signal]
    for (const each of signals) each?.addEventListener('abort', stop, { once: true })
    this.#ended = new Promise<void>((resolve, reject) => {
      actor.subscribe({ complete: resolve, error: reject })
    }).finally(() => {
      for (const each of signals) each?.removeEventListener('abort', stop)
    })
    actor.start()
    return this.#ended
  }

  #isRunning(): boolean {
    return this.#actor?.getSnapshot().status === 'active'
  }

  readonly #makeLeadership = (fencingToken: bigint, signal: AbortSignal): Leadership => {
    const isSameTerm = () => this.#actor?.getSnapshot().context.tenure?.fencingToken === String(fencingToken)
    return { signal, fencingToken, isLeading: () => isSameTerm() && this.isLeading() }
  }

  #dispatch(event: ElectionEmitted): void {
    this.#observers.tell(event, this.#actor!.getSnapshot())
    this.#listeners.tell(event)
  }
}
