/**
 * Writes Events of the core API (v1), as client-go does, so that `kubectl describe lease` shows them.
 *
 * Never in the way of an election: one request at a time, after all that elections send, few that wait, each given up
 * some seconds after it happened, so that a process that ends waits no longer. What is dropped is told; that the right is missing, once.
 */
import { messageOf } from '../errors.ts'
import type { Clock, Instant } from '../lease/clock.ts'
import type { KubeConfigSource } from './access/cluster-access.ts'
import { ApiClient } from './api-client.ts'

export interface RecordedEvent {
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  readonly lease: {
    readonly name: string
    /** Undefined for the kubeconfig's. */
    readonly namespace: string | undefined
    readonly uid: string | undefined
    readonly resourceVersion: string | undefined
  }
  /** Who says so. */
  readonly reporter: string
}

/** Events that may wait. */
const MOST = 10
/** Milliseconds. */
const TIMEOUT = 5_000
/** Characters that the server takes of a message. */
const LONGEST_MESSAGE = 1_024
/** Characters of the Lease's name in that of the Event, which has a time behind it. */
const LONGEST_NAME = 200
/** As client-go names it. */
const REASON = 'LeaderElection'

export class EventRecorder {
  readonly #client: ApiClient
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #waiting: { readonly event: RecordedEvent; readonly at: Instant }[] = []
  #isSending = false
  #isRefused = false

  constructor(kubeConfig: KubeConfigSource | undefined, clock: Clock, warn: (message: string) => void) {
    this.#client = new ApiClient(kubeConfig, clock)
    this.#clock = clock
    this.#warn = warn
  }

  record(event: RecordedEvent): void {
    if (this.#waiting.length >= MOST) {
      this.#warn(`an Event is dropped, since ${MOST} wait already: ${event.message}`)
      return
    }
    this.#waiting.push({ event, at: this.#clock.now() })
    if (!this.#isSending) void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    const release = this.#client.acquire()
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { event, at } = next
      await this.#send(event, at).catch((error) =>
        this.#warn(`an Event is dropped: ${event.message} (${messageOf(error)})`),
      )
    }
    release()
    this.#isSending = false
  }

  async #send(event: RecordedEvent, at: Instant): Promise<void> {
    const aborter = new AbortController()
    const giveUp = () => aborter.abort(new Error(`no answer within ${TIMEOUT} ms`))
    const left = at.monotonic + TIMEOUT - this.#clock.now().monotonic
    if (left <= 0) giveUp()
    const timer = this.#clock.setTimeout(giveUp, Math.max(0, left))
    try {
      aborter.signal.throwIfAborted()
      const namespace = event.lease.namespace || (await this.#client.access()).namespace || 'default'
      const request = {
        method: 'POST',
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(bodyOf(event, namespace, at.wall)),
        signal: aborter.signal,
        urgency: { purpose: 'look' },
        onSent: () => {},
      } as const
      const status = await this.#client.send(request, (answer) => answer.status)
      if (status === 401 || status === 403) this.#tellRefusal(namespace, status)
      else if (status >= 300) throw new Error(`the API server answers ${status}`)
    } finally {
      this.#clock.clearTimeout(timer)
    }
  }

  #tellRefusal(namespace: string, status: number): void {
    if (this.#isRefused) return
    this.#isRefused = true
    this.#warn(
      `Events can't be written to the namespace ${namespace} (${status}). Add to the Role: ` +
        '{ apiGroups: [""], resources: [events], verbs: [create] }; or leave out the option `events`.',
    )
  }
}

function bodyOf({ type, message, lease, reporter }: RecordedEvent, namespace: string, wall: number): object {
  const time = new Date(wall).toISOString().replace(/\.\d+Z$/, 'Z')
  const { name, uid, resourceVersion } = lease
  // As client-go names them: the object, and a time that tells two of them apart.
  const unique = (BigInt(Math.round(wall * 1e3)) * 1000n + BigInt(Math.floor(Math.random() * 1e6))).toString(16)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, LONGEST_NAME).replace(/[-.]+$/, '')}.${unique}`, namespace },
    involvedObject: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace,
      name,
      ...(uid && { uid, resourceVersion }),
    },
    reason: REASON,
    message: message.slice(0, LONGEST_MESSAGE),
    type,
    source: { component: reporter },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    reportingComponent: 'kubernetes-leader-election',
    reportingInstance: reporter.slice(0, 128),
  }
}
