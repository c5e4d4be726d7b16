/**
 * An election's figures in a registry of prom-client, which is loaded when it is needed first.
 *
 * Guaranteed: `leader_election_master_status` is what the clocks say when it is scraped, so that two processes never both
 * tell that they lead, however long ago either of them heard anything.
 */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Counts, countEvents } from './counts.ts'
import type { ObservedElection } from './observed.ts'

export type { Counts, ObservedElection }

interface Source {
  readonly election: ObservedElection
  readonly counts: Counts
  /** Who has observed it, and has not ended that. */
  readonly observers: Set<object>
}

/** Metrics are registered once for all elections of a registry, by their names apart. */
const sources = new WeakMap<Registry, Set<Source>>()

/**
 * Puts the election's figures into the registry, from where each scrape has them as they are then. Several elections may
 * share a registry: the label `name` is that of the Lease. Of Leases of the same name, as of several namespaces, gauges tell
 * the greatest, and counters the sum. One election is told once, however often it is observed.
 *
 * @param counts where they have been counted since before. Default: from now on.
 * @returns takes them out again.
 */
export async function observePrometheus(
  election: ObservedElection,
  registry: Registry,
  counts: Counts = countEvents(election),
): Promise<() => void> {
  const { default: client } = await import('prom-client')
  const observed = sources.get(registry) ?? new Set()
  sources.set(registry, observed)
  if (!registry.getSingleMetric(FIGURES[0]!.name)) register(observed, registry, client) // or it was cleared
  const known = [...observed].find((each) => each.election === election)
  const source = known ?? { election, counts, observers: new Set() }
  const observer = {}
  source.observers.add(observer)
  observed.add(source)
  return () => {
    source.observers.delete(observer)
    if (source.observers.size === 0) observed.delete(source)
  }
}

type Client = typeof import('prom-client')
type Labels = Readonly<Record<string, string>>
type Sample = readonly [value: number, labels?: Labels]

interface Figure {
  readonly name: string
  readonly help: string
  readonly type: 'Gauge' | 'Counter'
  /** Beside `name`. */
  readonly labels?: readonly string[]
  /** Its samples: what is counted, and by which labels beside the name. */
  samples(source: Source): readonly Sample[]
}

const FIGURES: readonly Figure[] = [
  {
    name: 'leader_election_master_status',
    help: 'Whether this process leads: 1 or 0, by the Lease `name`. As of client-go.',
    type: 'Gauge',
    samples: ({ election }) => [[election.isLeading() ? 1 : 0]],
  },
  {
    name: 'leader_election_info',
    help: 'Always 1: who leads, as far as this process can say; absent where nobody does.',
    type: 'Gauge',
    labels: ['namespace', 'leader', 'identity'],
    samples: ({ election }) => {
      const { leader, namespace = '', identity } = election.status()
      return leader === undefined ? [] : [[1, { namespace, leader, identity }]]
    },
  },
  {
    name: 'leader_election_validity_seconds',
    help: 'For how long what is said of the leader holds if nothing more is heard; 0 where nobody can be said to lead.',
    type: 'Gauge',
    samples: ({ election }) => [[election.status().validFor / 1000]],
  },
  {
    name: 'leader_election_renew_deadline_seconds',
    help: 'How long a leader believes in its last renewal.',
    type: 'Gauge',
    samples: ({ election }) => [[election.status().renewDeadline / 1000]],
  },
  {
    name: 'leader_election_interval_seconds',
    help: 'Between the sendings of two renewals.',
    type: 'Gauge',
    samples: ({ election }) => [[election.status().interval / 1000]],
  },
  {
    name: 'leader_election_terms_total',
    help: 'Terms that this process has led.',
    type: 'Counter',
    samples: ({ counts }) => [[counts.terms]],
  },
  {
    name: 'leader_election_renewals_total',
    help: 'Renewals that succeeded.',
    type: 'Counter',
    samples: ({ counts }) => [[counts.renewals]],
  },
  {
    name: 'leader_election_slowpath_total',
    help: 'Renewals that had to look at the Lease first, since one before them failed. Named as of client-go.',
    type: 'Counter',
    samples: ({ counts }) => [[counts.failures.renew + counts.failures.verify]],
  },
  {
    name: 'leader_election_losses_total',
    help: 'Terms of this process that ended otherwise than by its own release.',
    type: 'Counter',
    labels: ['reason'],
    samples: ({ counts }) => Object.entries(counts.losses).map(([reason, count]) => [count, { reason }]),
  },
  {
    name: 'leader_election_failures_total',
    help: 'Requests to the API server that failed and were tried again.',
    type: 'Counter',
    labels: ['operation'],
    samples: ({ counts }) => Object.entries(counts.failures).map(([operation, count]) => [count, { operation }]),
  },
]

/** Seconds. A renewal that takes a second is in trouble, whatever the timing. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

function register(observed: ReadonlySet<Source>, registry: Registry, client: Client): void {
  new client.Histogram({
    name: 'leader_election_renewal_duration_seconds',
    help: 'From the sending of a renewal to its answer.',
    labelNames: ['name'],
    buckets: BUCKETS,
    registers: [registry],
    collect(this: Histogram) {
      for (const { election, counts } of observed) {
        const { leaseName } = election.status()
        for (const took of counts.renewalTimes.splice(0)) this.observe({ name: leaseName }, took / 1000)
      }
    },
  })
  for (const { name, help, type, labels = [], samples } of FIGURES) {
    new client[type]({
      name,
      help,
      labelNames: ['name', ...labels],
      registers: [registry],
      collect(this: Gauge | Counter) {
        this.reset()
        const merged = merge(
          type,
          [...observed].flatMap((source) => labelled(source, samples(source))),
        )
        for (const [value, all] of merged) this.inc(all, value)
      },
    })
  }
}

function labelled({ election }: Source, samples: readonly Sample[]): Required<Sample>[] {
  const { leaseName } = election.status()
  return samples.map(([value, labels]) => [value, { name: leaseName, ...labels }])
}

/** Two Leases of one name, both of which this process leads, must not be told as one with two leaders. */
function merge(type: Figure['type'], samples: readonly Required<Sample>[]): Iterable<Required<Sample>> {
  const merged = new Map<string, Required<Sample>>()
  for (const [value, labels] of samples) {
    const key = JSON.stringify(labels)
    const [before = 0] = merged.get(key) ?? []
    merged.set(key, [type === 'Gauge' ? Math.max(before, value) : before + value, labels])
  }
  return merged.values()
}
