/** Whether the API server answers, knows who asks, has the right time, and is quick enough. */
import { messageOf } from '../../errors.ts'
import { leasesPath } from '../../kubernetes/lease-path.ts'
import type { Answer, Cluster } from '../cluster.ts'
import { saidBy } from '../cluster.ts'
import { exactly } from '../looking/ages.ts'
import { type Finding, failure, ok, type Patient, skipped, warning } from './finding.ts'

/** Milliseconds. */
const PATIENCE = 10_000
const SAMPLES = 5
const NOTABLE_DIFFERENCE = 2_000
/** The `Date` header has whole seconds. */
const RESOLUTION = 1_000

export async function checkServer(cluster: Cluster): Promise<Finding> {
  try {
    const answer = await cluster.request('GET', '/version', undefined, { timeout: PATIENCE })
    const { gitVersion } = (answer.body ?? {}) as { readonly gitVersion?: unknown }
    if (answer.status === 200 && typeof gitVersion !== 'string') {
      const says = `${await cluster.server()} answers, but not as a Kubernetes API server does`
      return failure(
        'server',
        says,
        "Mend the cluster's server in the kubeconfig: kubectl cluster-info tells where it is.",
      )
    }
    // Who is not let in may not be told the version.
    return ok(
      'server',
      answer.status === 200 ? `answers: ${gitVersion}` : `answers, and does not tell its version: ${saidBy(answer)}`,
    )
  } catch (error) {
    const code = codeOf(error)
    return failure('server', messageOf(error), MENDS.find(([codes]) => codes.test(code))?.[1] ?? UNREACHABLE)
  }
}

const UNREACHABLE = `Nothing answers there. Is the address right, is the way open (NetworkPolicy, firewall, VPN, HTTPS_PROXY and NO_PROXY)?
kubectl cluster-info   # where kubectl finds it`

/** By what Node.js calls the trouble. */
const MENDS: readonly (readonly [codes: RegExp, mend: string])[] = [
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    "Its name can't be resolved. Is it spelt right; in a pod: does its DNS work (dnsPolicy, NetworkPolicy to kube-dns)?",
  ],
  [
    /^(ECONNREFUSED|ECONNRESET)$/,
    `Nobody listens there, or hangs up at once. Are host and port those of the API server, and does it run?
kubectl cluster-info   # where kubectl finds it`,
  ],
  [
    /SIGNED_CERT|VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE_FAILURE/,
    "Its certificate is by an authority that isn't trusted here. Put that of the cluster into the kubeconfig:\n" +
      'kubectl config set-cluster NAME --certificate-authority=ca.crt --embed-certs\n' +
      "In a pod it is mounted as the service account's ca.crt. A proxy that opens TLS has an authority of its own.",
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "Its certificate is not valid at this time: renew it (kubeadm certs renew all), or set this machine's clock right.",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'Its certificate is for other names. Use one of those as the server, or say which: tls-server-name in the kubeconfig.',
  ],
]

/** Of the error, or of what caused it. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined ? '' : codeOf(cause)
}

/** Who asks, as the server sees it. */
export interface Identity {
  readonly finding: Finding
  /** undefined where it does not tell. */
  readonly user: string | undefined
}

/** An API server before Kubernetes 1.28 does not tell who asks. */
export async function checkIdentity(cluster: Cluster): Promise<Identity> {
  const answer = await cluster.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
  })
  if (answer.status === 401) {
    const says = `the server does not know who asks: ${saidBy(answer)}`
    return { finding: failure('credentials', says, RENEW_TOKEN), user: undefined }
  }
  const { status } = (answer.body ?? {}) as {
    readonly status?: { readonly userInfo?: { readonly username?: unknown } }
  }
  const user = status?.userInfo?.username
  if (typeof user === 'string' && user !== ANONYMOUS)
    return { finding: ok('credentials', `the server knows ${user}`), user }
  if (user === ANONYMOUS) {
    return {
      finding: failure('credentials', 'none are sent: the server takes this for anybody', RENEW_TOKEN),
      user: undefined,
    }
  }
  return { finding: ok('credentials', `accepted; whose they are is not told (${saidBy(answer)})`), user: undefined }
}

const ANONYMOUS = 'system:anonymous'
const RENEW_TOKEN = `The token is expired, was revoked with its pod or service account, or is for another cluster or audience. For a
kubeconfig: log in again, or kubectl create token NAME. In a pod: mount the projected token, which is renewed by itself:
automountServiceAccountToken: true`

export async function checkProtocol(cluster: Cluster): Promise<Finding> {
  if ((await cluster.protocol()) === 'h2') return ok('protocol', 'HTTP/2: requests and watches share a connection')
  return warning(
    'protocol',
    'HTTP/1.1: each open watch and each request under way takes a connection of its own',
    'It works. A real API server speaks HTTP/2: does a proxy or load balancer in between open TLS? Let it pass TLS through.',
  )
}

/** Reads of the Lease, whatever is answered: how long they take, and what time the server has. */
export async function sample({ cluster, namespace, settings }: Patient): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (let count = 0; count < SAMPLES; count += 1) {
    const path = leasesPath(namespace, settings.leaseName)
    const answer = await cluster.request('GET', path, undefined, { timeout: PATIENCE })
    samples.push({ answer, receivedAt: Date.now() })
  }
  return samples
}

export interface Sample {
  readonly answer: Answer
  /** Milliseconds since 1970, by this machine's clock. */
  readonly receivedAt: number
}

/** The server's clock stands for those of the other candidates, which nobody here can read. */
export function checkClock(samples: readonly Sample[], maxClockSkew: number | undefined): Finding {
  const differences = samples.flatMap(({ answer, receivedAt }) => {
    const date = Date.parse(answer.headers.date ?? '')
    if (Number.isNaN(date)) return []
    // The server wrote it somewhere between the sending and the receiving, in that second.
    return [{ least: date - receivedAt, most: date + RESOLUTION - (receivedAt - answer.took) }]
  })
  if (differences.length === 0) return skipped('clock', 'the server does not tell the time (no Date header)')
  const least = Math.max(...differences.map((each) => each.least))
  const most = Math.min(...differences.map((each) => each.most))
  const sure = Math.max(0, least, -most)
  const says =
    sure === 0
      ? 'agrees with that of the server, as far as its whole seconds tell'
      : `this machine's is at least ${exactly(sure)} ${least > 0 ? 'behind' : 'ahead of'} that of the server`
  if (maxClockSkew !== undefined && sure > maxClockSkew) {
    return failure(
      'clock',
      `${says}; --max-clock-skew is ${exactly(maxClockSkew)}: a live leader's Lease would be taken, or a dead one's waited for`,
      `${SET_CLOCKS}, and give a maxClockSkew above what they differ by, or none.`,
    )
  }
  if (sure <= NOTABLE_DIFFERENCE) return ok('clock', says)
  return warning(
    'clock',
    `${says}; the election does not mind, since it trusts no other machine's clock, but certificates, tokens and logs do`,
    `${SET_CLOCKS}.`,
  )
}

const SET_CLOCKS = 'Let NTP set the clocks of both machines (timedatectl, chronyc tracking)'

export function checkLatency(samples: readonly Sample[], settings: Patient['settings']): Finding {
  const { interval, renewDeadline, requestTimeout } = settings
  const times = samples.map(({ answer }) => answer.took).sort((a, b) => a - b)
  const [median, worst] = [times[Math.floor(times.length / 2)]!, times.at(-1)!]
  const says = `a read takes ${exactly(median)} (the slowest of ${times.length}: ${exactly(worst)})`
  const left = renewDeadline - interval
  const mend =
    `Look for what slows it (kubectl get --raw /metrics, etcd's disks, a proxy), or leave more time: a renew deadline of ` +
    `at least ${exactly(interval + 4 * Math.ceil(median))}, as --renew-deadline, and a lease half as long again.`
  if (median >= left) {
    return failure('latency', `${says}: a renewal has ${exactly(left)} from its sending to the end of the term`, mend)
  }
  if (worst >= requestTimeout || median >= left / 3) {
    return warning(
      'latency',
      `${says}: of the ${exactly(left)} for a renewal that leaves little for a second attempt`,
      mend,
    )
  }
  return ok('latency', `${says}; a renewal has ${exactly(left)}`)
}
