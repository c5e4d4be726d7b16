/** `/metrics`: what is counted from the start, and shown by prom-client, which the first scrape loads. */
import type { LeaderElection } from '../../leader-election.ts'
import { countEvents } from '../../telemetry/counts.ts'
import { observePrometheus } from '../../telemetry/prometheus.ts'

type Metrics = () => Promise<{ readonly type: string; readonly body: string }>

/** @param namespace of the Lease: a candidate that takes the kubeconfig's does not say it. */
export function metricsOf(election: LeaderElection, namespace: () => Promise<string | undefined>): Metrics {
  const counts = countEvents(election)
  const load = async () => {
    const { default: client } = await import('prom-client')
    const registry = new client.Registry()
    const where = await namespace()
    const observed = {
      on: election.on.bind(election),
      isLeading: () => election.isLeading(),
      status: () => ({ ...election.status(), namespace: where }),
    }
    await observePrometheus(observed, registry, counts)
    return registry
  }
  let loading: ReturnType<typeof load> | undefined
  return async () => {
    loading ??= load()
    const registry = await loading
    return { type: registry.contentType, body: await registry.metrics() }
  }
}
