/** The clients of `server.ts`, in a process of their own. */
import http from 'node:http'

export type Load =
  | { readonly kind: 'renewals'; readonly connections: number; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'watchers'; readonly watchers: number }

interface Order {
  readonly url: string
  readonly token: string
  readonly load: Load
}

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

process.once('message', async ({ url, token, load }: Order) => {
  process.send!(load.kind === 'renewals' ? await renew(url, token, load) : await watch(url, token, load.watchers))
})
process.once('disconnect', () => process.exit())

/** Each connection renews a lease of its own, conditionally, at a steady pace. */
async function renew(url: string, token: string, load: Extract<Load, { kind: 'renewals' }>) {
  const holders = await Promise.all(
    Array.from({ length: load.connections }, (_, index) => createHolder(url, token, index)),
  )
  const latencies: number[] = []
  let failed = 0
  const pace = (load.connections / load.perSecond) * 1000
  const startedAt = performance.now()
  const endsAt = startedAt + load.seconds * 1000
  const renewals = holders.map(async (renewOnce, index) => {
    for (let due = startedAt + (index / load.connections) * pace; due < endsAt; due += pace) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
      // From when it should have been sent: a queue must not hide its own length.
      const begunAt = Math.min(due, performance.now())
      if (!(await renewOnce())) failed += 1
      latencies.push(performance.now() - begunAt)
    }
  })
  await Promise.all(renewals)
  const seconds = (performance.now() - startedAt) / 1000
  latencies.sort((a, b) => a - b)
  const quantile = (share: number) => latencies[Math.floor(latencies.length * share)]
  return {
    sent: latencies.length,
    failed,
    p50: quantile(0.5),
    p99: quantile(0.99),
    perSecond: latencies.length / seconds,
  }
}

/** Creates a lease on a connection of its own; returns what renews it and says whether that succeeded. */
async function createHolder(url: string, token: string, index: number): Promise<() => Promise<boolean>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const name = `lease-${index}`
  const lease = { metadata: { name }, spec: { holderIdentity: name } }
  let { metadata } = (await exchange(url, token, agent, 'POST', LEASES, lease, 'application/json')).body
  return async () => {
    const { uid, resourceVersion } = metadata
    const renewTime = new Date().toISOString().replace('Z', '000Z')
    const patch = { metadata: { uid, resourceVersion }, spec: { renewTime } }
    const { status, body } = await exchange(
      url,
      token,
      agent,
      'PATCH',
      `${LEASES}/${name}`,
      patch,
      'application/merge-patch+json',
    )
    if (status === 200) metadata = body.metadata
    return status === 200
  }
}

async function watch(url: string, token: string, watchers: number) {
  const opened = Array.from({ length: watchers }, (_, index) => {
    const path = `${LEASES}?watch=true&fieldSelector=metadata.name%3Dlease-${index}&allowWatchBookmarks=true`
    return new Promise<void>((resolve, reject) => {
      const request = http.get(
        url + path,
        { headers: { Authorization: `Bearer ${token}` }, agent: false },
        (response) => {
          response.once('data', () => resolve())
          response.once('error', () => {})
        },
      )
      request.once('error', reject)
    })
  })
  await Promise.all(opened)
  return { opened: opened.length }
}

interface Exchanged {
  readonly status: number
  readonly body: { readonly metadata: { readonly uid: string; readonly resourceVersion: string } }
}

function exchange(
  url: string,
  token: string,
  agent: http.Agent,
  method: string,
  path: string,
  body: object,
  type: string,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(text),
    }
    const request = http.request(url + path, { method, agent, headers }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(answer) }))
    })
    request.once('error', reject)
    request.end(text)
  })
}
