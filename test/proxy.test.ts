/** What stands between the election and the API server: a proxy that the kubeconfig names, a network that crumbles. */
import type { KubeConfig } from '@kubernetes/client-node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { proxyFor } from '../src/kubernetes/http/proxy.ts'
import { INTERVAL, TestCluster } from './support/cluster.ts'
import { startCrumblingNetwork, startProxy } from './support/proxy.ts'
import { settled } from './support/traffic.ts'

test.each([
  ['HTTP/2', { http2: true }, 1],
  ['HTTPS', { http2: false }, 2],
  ['plain HTTP', { tls: false }, 2],
])('the proxy of the kubeconfig is used for %s, and nothing of it is left after stop', async (_name, options, most) => {
  await using cluster = await TestCluster.start(options)
  await using proxy = await startProxy()
  const a = await cluster.leader('a', {
    kubeConfig: through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url }),
  })
  await cluster.elapse(10 * INTERVAL)
  expect(a.events.filter(({ type }) => type === 'renewed').length).toBeGreaterThanOrEqual(9)
  const server = new URL(cluster.server.url).host
  expect(proxy.targets).toEqual(Array.from({ length: most }, () => server))
  expect(cluster.server.openConnections).toBe(most)
  await Promise.all([a.election.stop(), cluster.elapse(100)])
  await expect.poll(() => [proxy.open, cluster.server.openConnections]).toEqual([0, 0])
})

test.each([
  ['that asks for a password', { credentials: 'us%40er:pa%3Ass' }, 'us@er:pa:ss'],
  ['with TLS', { tls: true }, undefined],
  ['of SOCKS 5', { socks: true }, undefined],
])('a proxy %s is used', async (_name, options, expected) => {
  await using cluster = await TestCluster.start()
  await using proxy = await startProxy(options)
  const kubeConfig = through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url })
  // The proxy's certificate is one that nobody knows.
  if ('tls' in options) Object.assign(kubeConfig.getCurrentCluster()!, { skipTLSVerify: true })
  await cluster.leader('a', { kubeConfig })
  expect(proxy.targets).toEqual([new URL(cluster.server.url).host])
  expect(proxy.asked).toBe(expected)
})

test('a proxy that refuses is told with what it answered', async () => {
  await using cluster = await TestCluster.start()
  await using proxy = await startProxy({ refuses: 407 })
  const kubeConfig = through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url })
  const { election, log } = cluster.candidate('a', { kubeConfig })
  void election.lead(() => {}).catch(() => {})
  const host = new URL(proxy.url).host
  await cluster.until(() => log.join().includes(`the proxy ${host} answered 407`), 10_000)
})

test('a proxy that does not answer is a failure like any other: told, retried, and no connection to it is left', async () => {
  await using cluster = await TestCluster.start()
  await using proxy = await startProxy({ isSilent: true })
  const kubeConfig = through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url })
  const { election, log } = cluster.candidate('a', { kubeConfig, endAfterRetries: true })
  const failure = election.becomeLeaderForLife().catch((error: Error) => error)
  await cluster.elapse(70_000)
  expect(await failure).toMatchObject({ name: 'RetriesExhaustedError' })
  expect(log.join()).toContain('get lease default/my-app: not sent within 8000 ms')
  expect(proxy.targets).toHaveLength(1) // however many wait for it
  await expect.poll(() => proxy.open).toBe(0)
})

test('a connection to a proxy that does not answer is given up after its own time, and tried anew', {
  timeout: 30_000,
}, async () => {
  await using cluster = await TestCluster.start()
  await using proxy = await startProxy({ isSilent: true })
  const kubeConfig = through(cluster.server.kubeConfig('a'), { proxyUrl: proxy.url })
  const { election, log } = cluster.candidate('a', { kubeConfig })
  const stopped = election.lead(() => {}).catch(() => {})
  const told = `no connection to ${new URL(cluster.server.url).host} through the proxy ${new URL(proxy.url).host} within 5000 ms`
  const look = () => cluster.elapse(1).then(() => log.join())
  await expect.poll(look, { timeout: 20_000 }).toContain(told)
  await Promise.all([election.stop(), cluster.elapse(1_000)])
  await stopped
  await expect.poll(() => proxy.open).toBe(0)
})

test("the environment's proxy is used where NO_PROXY does not say otherwise", async () => {
  await using cluster = await TestCluster.start()
  const { port } = new URL(cluster.server.url)
  await using proxy = await startProxy({ leadsTo: Number(port) })
  vi.stubEnv('HTTPS_PROXY', proxy.url)
  onTestFinished(() => void vi.unstubAllEnvs())
  const named = () => {
    const kubeConfig = through(cluster.server.kubeConfig('a'), { server: 'https://api.cluster.test:6443' })
    Object.assign(kubeConfig.getCurrentCluster()!, { tlsServerName: 'localhost' })
    return kubeConfig
  }
  const a = await cluster.leader('a', { kubeConfig: named() })
  expect(proxy.targets).toEqual(['api.cluster.test:6443'])
  await Promise.all([a.election.stop(), cluster.elapse(100)])
  // Addresses of this machine are asked directly, as Go's clients do it.
  await cluster.leader('a')
  expect(proxy.targets).toHaveLength(1)
})

test.each([
  ['https://api.test', 'HTTPS_PROXY=http://p:1', 'http://p:1/'],
  ['https://api.test', 'https_proxy=p:1 HTTPS_PROXY=http://other', 'http://p:1/'],
  ['https://api.test', 'HTTP_PROXY=http://p:1', undefined],
  ['http://api.test', 'HTTP_PROXY=http://p:1', 'http://p:1/'],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=*', undefined],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=other.test,api.test', undefined],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 no_proxy=TEST', undefined],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=.test', undefined],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=*.test', undefined],
  ['https://test', 'HTTPS_PROXY=http://p:1 NO_PROXY=.test', 'http://p:1/'],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=pi.test', 'http://p:1/'],
  ['https://api.test', 'HTTPS_PROXY=http://p:1 NO_PROXY=api.test:443', undefined],
  ['https://api.test:6443', 'HTTPS_PROXY=http://p:1 NO_PROXY=api.test:443', 'http://p:1/'],
  ['https://10.96.0.1', 'HTTPS_PROXY=http://p:1 NO_PROXY=10.96.0.0/12', undefined],
  ['https://10.128.0.1', 'HTTPS_PROXY=http://p:1 NO_PROXY=10.96.0.0/12', 'http://p:1/'],
  ['https://10.96.0.1', 'HTTPS_PROXY=http://p:1 NO_PROXY=10.96.0.1', undefined],
  ['https://[fd00::1]:6443', 'HTTPS_PROXY=http://p:1 NO_PROXY=fd00::/8', undefined],
  ['https://[fd00::1]:6443', 'HTTPS_PROXY=http://p:1 NO_PROXY=[fd00::1]:6443', undefined],
  ['https://127.0.0.1:6443', 'HTTPS_PROXY=http://p:1', undefined],
  ['https://[::1]', 'HTTPS_PROXY=http://p:1', undefined],
  ['https://localhost', 'HTTPS_PROXY=http://p:1', undefined],
])('the proxy for %s with %s is %s', (server, environment, expected) => {
  const variables = Object.fromEntries(environment.split(' ').map((each) => each.split('=')))
  expect(proxyFor(new URL(server), undefined, variables)?.href).toBe(expected)
})

test('the proxy of the kubeconfig goes before the environment, and one that is none is refused without its password', () => {
  const server = new URL('https://127.0.0.1:6443')
  expect(proxyFor(server, 'socks5://q:9', { HTTPS_PROXY: 'http://p', NO_PROXY: '*' })?.href).toBe('socks5://q:9')
  expect(() => proxyFor(server, 'ftp://me:secret@q', {})).toThrow(
    'the kubeconfig\'s proxy-url is "ftp://…@q"; expected a URL that begins with one of http://',
  )
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
