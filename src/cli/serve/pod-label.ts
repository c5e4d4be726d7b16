/**
 * A label on the leader's pod, by which a Service leads to it.
 *
 * A hint, and no more: it is there from shortly after a term has begun until shortly before it is given back, and a leader
 * that is cut off keeps it until the next one takes it away. Every change is conditional on the pod being as it was read.
 *
 * A pod that gets the label gets the term's fencing token as well. So it changes at each term, even where the label was on
 * it already, and the next-to-last leader's late request to take it away is refused.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '../../errors.ts'
import type { Leadership } from '../../leader-election.ts'
import { type Answer, type Cluster, podPath, podsPath } from '../cluster.ts'
import { aborted } from '../elect/events.ts'
import type { Label } from './label.ts'

const TOKEN_ANNOTATION = 'kubernetes-leader-election/fencing-token'
/** A pod's status changes often: so often it is read anew after a conflict, in all. */
const ATTEMPTS = 3
/** Milliseconds after which a leader tries again that could not put the label on; doubled each time. */
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 60_000]

export interface LabelledPod {
  readonly namespace: string
  readonly name: string
}

interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
  }
}

export class PodLabel {
  readonly #cluster: Cluster
  readonly #label: Label
  readonly #own: () => Promise<LabelledPod>
  readonly #warn: (sentence: string) => void
  readonly #patience: number
  #lastWarning: string | undefined

  /** @param patience milliseconds that taking it off may take: the Lease is not given back before. */
  constructor(
    cluster: Cluster,
    label: Label,
    own: () => Promise<LabelledPod>,
    { warn, patience }: { readonly warn: (sentence: string) => void; readonly patience: number },
  ) {
    this.#cluster = cluster
    this.#label = label
    this.#own = own
    this.#warn = warn
    this.#patience = patience
  }

  /** For one term: resolves once its signal has aborted and the label is off, or could not be taken off in time. */
  async wear(leadership: Leadership): Promise<void> {
    const { signal } = leadership
    for (let delay = FIRST_WAIT; !signal.aborted; delay = Math.min(2 * delay, LONGEST_WAIT)) {
      const isDone = await this.#try(() => this.#putOn(leadership), 'the label is not where it should be', signal)
      await (isDone ? aborted(signal) : wait(delay, undefined, { signal }).catch(() => {}))
    }
    const inTime = AbortSignal.timeout(this.#patience)
    await this.#try(async () => this.#takeOff(await this.#own(), inTime), 'the label stays on this pod')
  }

  async #putOn({ signal, fencingToken, isLeading }: Leadership): Promise<void> {
    const { key, value } = this.#label
    const own = await this.#own()
    const annotations = { [TOKEN_ANNOTATION]: String(fencingToken) }
    const isThere = await this.#change(own, () => ({ labels: { [key]: value }, annotations }), {
      signal,
      isWanted: isLeading,
    })
    if (!isThere) throw new Error(`there is no pod ${own.namespace}/${own.name}; POD_NAME and POD_NAMESPACE say so`)
    const selector = encodeURIComponent(`${key}=${value}`)
    const { items } = (await this.#ask('GET', `${podsPath(own.namespace)}?labelSelector=${selector}`, { signal })) as {
      items: readonly Pod[]
    }
    const others = items.filter(({ metadata }) => metadata.name !== own.name)
    for (const other of others) {
      const { name } = other.metadata
      await this.#takeOff({ namespace: own.namespace, name }, signal, { isWanted: isLeading, pod: other })
    }
  }

  /** @param options `isWanted` is asked before each attempt, `pod` is how it was read already. */
  async #takeOff(
    pod: LabelledPod,
    signal: AbortSignal,
    options: { readonly isWanted?: () => boolean; readonly pod?: Pod } = {},
  ): Promise<void> {
    const { key, value } = this.#label
    const removal = { labels: { [key]: null }, annotations: { [TOKEN_ANNOTATION]: null } }
    await this.#change(pod, (labels) => (labels[key] === value ? removal : undefined), { signal, ...options })
  }

  /** Patches the pod as it was read, unless it is as it should be. Returns false where it is gone. */
  async #change(
    { namespace, name }: LabelledPod,
    patchFor: (labels: Readonly<Record<string, string>>) => object | undefined,
    { signal, isWanted, pod }: { signal: AbortSignal; isWanted?: () => boolean; pod?: Pod },
  ): Promise<boolean> {
    const path = podPath(namespace, name)
    let known = pod
    for (let attempt = 1; isWanted?.() !== false; attempt += 1) {
      known ??= (await this.#ask('GET', path, { signal, mayMiss: true })) as Pod | undefined
      if (!known) return false
      const change = patchFor(known.metadata.labels ?? {})
      if (!change) return true
      const { uid, resourceVersion } = known.metadata
      const body = { metadata: { uid, resourceVersion, ...change } }
      const taken = await this.#ask('PATCH', path, { signal, body, mayMiss: true, mayConflict: attempt < ATTEMPTS })
      if (taken !== CONFLICT) return taken !== undefined
      known = undefined
    }
    return true
  }

  /** What is answered; undefined for a pod that is gone, where that may be. @throws Error */
  async #ask(
    method: 'GET' | 'PATCH',
    path: string,
    {
      signal,
      body,
      mayMiss,
      mayConflict,
    }: { signal: AbortSignal; body?: object; mayMiss?: true; mayConflict?: boolean },
  ): Promise<unknown> {
    const answer = await this.#cluster.request(method, path, body, { signal })
    if (answer.status < 300) return answer.body
    if (answer.status === 404 && mayMiss) return undefined
    if (answer.status === 409 && mayConflict) return CONFLICT
    throw new Error(`${method} ${path}: ${refusal(answer)}`)
  }

  /** Whether it went well; otherwise it is told, once for each reason, unless the signal has aborted: then it was ended. */
  async #try(act: () => Promise<void>, consequence: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await act()
      this.#lastWarning = undefined
      return true
    } catch (error) {
      const warning = `${consequence}: ${messageOf(error)}`
      if (!signal?.aborted && warning !== this.#lastWarning) this.#warn(warning)
      this.#lastWarning = warning
      return false
    }
  }
}

const CONFLICT = Symbol('changed meanwhile')

function refusal({ status, body }: Answer): string {
  const message = (body as { message?: string } | null)?.message
  const said = `${status}${message ? `: ${message}` : ''}`
  if (status !== 403) return said
  return (
    `${said}. Add to a Role in the pod's namespace, bound to its service account: ` +
    '{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "patch"] }'
  )
}
