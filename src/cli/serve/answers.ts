/** What is answered to which path. What is not known here is answered as `/`: older clients ask for anything. */
import type { LeaderElection } from '../../leader-election.ts'
import type { Announcer } from './announcement.ts'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** What answers are made of. */
export interface Sources {
  readonly election: Pick<LeaderElection, 'status' | 'health' | 'isLeading'>
  readonly announcer: Announcer
  /** Of the Lease; undefined where it is not known yet. */
  namespace(): Promise<string | undefined>
  /** In Prometheus' text format. */
  metrics(): Promise<Pick<Answer, 'type' | 'body'>>
}

const ANSWERS: Readonly<Record<string, (sources: Sources) => Answer | Promise<Answer>>> = {
  '/': ({ announcer }) => json(200, announcer.now()),
  '/leader': ({ election, announcer }) => json(election.isLeading() ? 200 : 503, announcer.now()),
  '/status': async ({ election, namespace }) => {
    const where = await namespace()
    return json(200, { ...election.status(), namespace: where })
  },
  '/healthz': ({ election }) => {
    const { live, reason } = election.health()
    return json(live ? 200 : 503, { live, reason: live ? undefined : reason })
  },
  '/readyz': ({ election }) => {
    const { ready, reason } = election.health()
    return json(ready ? 200 : 503, { ready, reason: ready ? undefined : reason })
  },
  '/metrics': async ({ metrics }) => ({ status: 200, ...(await metrics()) }),
}

export async function answer(path: string, sources: Sources): Promise<Answer> {
  return await (Object.hasOwn(ANSWERS, path) ? ANSWERS[path]! : ANSWERS['/']!)(sources)
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body, jsonValue) }
}

/** What is not known is there, as null; a fencing token is text. */
function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value === undefined ? null : value
}
