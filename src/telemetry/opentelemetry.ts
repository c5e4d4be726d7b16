/**
 * Metrics and traces by OpenTelemetry: published as `kubernetes-leader-election/opentelemetry`, and loaded by who imports
 * that only. `@opentelemetry/api` is an optional peer: without an SDK it does nothing.
 *
 * Never says that two lead: whether this process does is asked of its clocks when the metric is read.
 */
import { type Attributes, type Meter, metrics, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { describeLoss } from '../lease/tenure.ts'
import { kindOf, type ObservedElection } from './observed.ts'

export type { ObservedElection }

/** Where to; by default the ones of the global API. */
export interface OpenTelemetryOptions {
  /** For the metrics. Default: the global one. */
  readonly meter?: Meter | undefined
  /** For the spans. Default: the global one. */
  readonly tracer?: Tracer | undefined
}

const NAME = 'kubernetes-leader-election'

/**
 * Observes an election until what it returns is called. docs/metrics.md lists the instruments.
 *
 * A span for each term, `leader_election.term`, has the fencing token, and an event for each renewal that failed.
 */
export function observeOpenTelemetry(
  election: ObservedElection,
  { meter = metrics.getMeter(NAME), tracer = trace.getTracer(NAME) }: OpenTelemetryOptions = {},
): () => void {
  const ends = [observeMetrics(election, meter), observeTerms(election, tracer)]
  return () => {
    for (const end of ends) end()
  }
}

function attributesOf(election: ObservedElection): Attributes {
  const { leaseName, namespace } = election.status()
  return { lease: leaseName, ...(namespace !== undefined && { namespace }) }
}

function observeMetrics(election: ObservedElection, meter: Meter): () => void {
  const attributes = attributesOf(election)
  const leading = meter.createObservableGauge('leader_election.leading', {
    description: '1 while this process leads, by its clocks at the moment of reading, else 0',
  })
  const validity = meter.createObservableGauge('leader_election.validity', {
    unit: 's',
    description: 'For how long this process leads yet, if no renewal succeeds any more; 0 where it does not lead',
  })
  const terms = meter.createCounter('leader_election.transitions', { description: 'Terms that this process began' })
  const losses = meter.createCounter('leader_election.losses', {
    description: 'Terms that ended otherwise than by release, by `reason`',
  })
  const failures = meter.createCounter('leader_election.failures', {
    description: 'Requests that failed, by `operation` and `error.type`',
  })
  const renewals = meter.createHistogram('leader_election.renewal.duration', {
    unit: 's',
    description: 'From the sending of a renewal to its answer',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
  })
  const read: Parameters<typeof leading.addCallback>[0] = (result) => {
    result.observe(election.isLeading() ? 1 : 0, attributes)
  }
  const readValidity: typeof read = (result) => {
    const { isLeading, validFor } = election.status()
    result.observe(isLeading ? validFor / 1000 : 0, attributes)
  }
  leading.addCallback(read)
  validity.addCallback(readValidity)
  const listeners = [
    election.on('leading', () => terms.add(1, attributes)),
    election.on('lost', ({ reason }) => losses.add(1, { ...attributes, reason: reason.kind })),
    election.on('renewed', ({ took }) => renewals.record(took / 1000, attributes)),
    election.on('retrying', ({ operation, error }) =>
      failures.add(1, { ...attributes, operation, 'error.type': kindOf(error) }),
    ),
  ]
  return () => {
    leading.removeCallback(read)
    validity.removeCallback(readValidity)
    for (const end of listeners) end()
  }
}

function observeTerms(election: ObservedElection, tracer: Tracer): () => void {
  let term: Span | undefined
  const end = (close?: (span: Span) => void) => {
    if (term) close?.(term)
    term?.end()
    term = undefined
  }
  const listeners = [
    election.on('leading', ({ fencingToken, transitions }) => {
      end()
      const token = { fencing_token: String(fencingToken), transitions, identity: election.status().identity }
      term = tracer.startSpan('leader_election.term', { attributes: { ...attributesOf(election), ...token } })
    }),
    election.on('retrying', ({ operation, attempt, error }) => {
      if (operation !== 'renew' && operation !== 'verify') return
      term?.addEvent('renewal failed', { operation, attempt, 'error.type': kindOf(error) })
    }),
    election.on('draining', () => term?.addEvent('draining')),
    election.on('lost', ({ reason }) =>
      end((span) => {
        span.setAttribute('reason', reason.kind)
        span.setStatus({ code: SpanStatusCode.ERROR, message: describeLoss(reason) })
      }),
    ),
    election.on('released', () => end()),
  ]
  return () => {
    for (const stop of listeners) stop()
    end()
  }
}
