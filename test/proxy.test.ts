/** What stands between the election and the API server: a proxy that the kubeconfig names, a network that crumbles. */
import type { KubeConfig } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { INTERVAL, TestCluster } from './support/cluster.ts'
import { startCrumblingNetwork, startProxy } from './support/proxy.ts'
import { settled } from './support/traffic.ts'

test.each([
  ['HTTPS', true],
  ['plain HTTP', false],
])(
  'the proxy of the kubeconfig is used for %s, with two kept connections, and none of them is left after stop',
  async (_name, tls) => {
    await using cluster = await TestCluster.start({ tls })
    await using proxy = await startProxy()
    const a = await cluster.leader('a', {
      kubeConfig: through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url }),
    })
    await cluster.elapse(10 * INTERVAL)
    expect(a.events.filter(({ type }) => type === 'renewed').length).toBeGreaterThanOrEqual(9)
    const server = new URL(cluster.server.url).host
    expect(proxy.targets).toEqual([server, server])
    expect(cluster.server.openConnections).toBe(2)
    await Promise.all([a.election.stop(), cluster.elapse(100)])
    await expect.poll(() => [proxy.open, cluster.server.openConnections]).toEqual([0, 0])
  },
)

test('a proxy that does not answer is a failure like any other: told, retried, and no connection to it is left', async () => {
  await using cluster = await TestCluster.start()
  await using proxy = await startProxy({ isSilent: true })
  const kubeConfig = through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url })
  const { election, log } = cluster.candidate('a', { kubeConfig })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(60_000)
  expect(await failure).toMatchObject({ name: 'RetriesExhaustedError' })
  expect(log.join()).toContain('get lease default/my-app: no answer within')
  await expect.poll(() => proxy.open).toBe(0)
})

test('answers that arrive in pieces, even within a line and within a character, are put together', async () => {
  await using cluster = await TestCluster.start({ tls: false })
  await using network = await startCrumblingNetwork(cluster.server.url)
  const a = await cluster.leader('a', { identity: 'Köln·1' })
  const kubeConfig = through(cluster.server.kubeConfig('b'), { server: network.url })
  const b = await cluster.follower('b', { kubeConfig })
  expect(b.election.leader).toBe('Köln·1')
  await Promise.all([a.election.stop(), cluster.elapse(1)])
  await settled()
  await cluster.until(() => b.election.isLeading(), 100)
  expect(b.log.join()).not.toMatch(/the watch|failure/)
})

/** The same cluster on another way. */
function through(kubeConfig: KubeConfig, way: { proxyUrl: string } | { server: string }): KubeConfig {
  Object.assign(kubeConfig.getCurrentCluster()!, way)
  return kubeConfig
}
