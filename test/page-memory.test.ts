/** What the demo's page is told of candidates and requests, and what is kept for pages that come later. */
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { Candidates } from '../src/cli/demo/web/candidates.ts'
import { Requests } from '../src/cli/demo/web/requests.ts'
import type { RecordedRequest } from '../src/testing/http/call.ts'
import type { Session } from '../src/viewer/model/inspected.ts'
import { Sessions } from '../src/viewer/model/sessions.ts'

/** A replica's process, as far as the page looks at it. */
class Replica extends EventEmitter {
  readonly #exit = Promise.withResolvers<number | null>()
  readonly exited = this.#exit.promise
  readonly pod: string
  readonly pid: number

  constructor(pod: string, pid: number) {
    super()
    this.pod = pod
    this.pid = pid
  }

  kill(): Promise<unknown> {
    this.#exit.resolve(null)
    return this.exited
  }
}

test('of processes that were killed, and said nothing more, the latest are kept, and shown as stopped', async () => {
  const page = new Sessions()
  const candidates = new Candidates((type, data) => type === 'inspected' && page.note(data as never))
  for (let pid = 1; pid <= 30; pid += 1) {
    const replica = new Replica('web-1', pid)
    candidates.observe(replica as never)
    const process = `web-1 (${pid})`
    const chart = { key: 'election', id: 'election', type: 'compound', states: [] } as const
    const timers = [{ event: 'after renewInterval', dueAt: 1 }]
    const present = {
      at: pid,
      value: {},
      status: 'active',
      context: null,
      children: [],
      timers,
      outcome: null,
    } as const
    const session = { key: `${process}/1`, process, name: 'election', parent: undefined, chart, present } as const
    const whole: Session = { ...session, steps: [], received: [] }
    replica.emit('told', { kind: 'inspected', inspected: { type: 'session', key: whole.key, session: whole } })
    expect(candidates.sessions.get(whole.key)?.present.status).toBe('active')
    await replica.kill()
  }
  const { all } = candidates.sessions
  expect(all.length).toBeLessThan(15)
  expect(all.at(-1)).toMatchObject({ process: 'web-1 (30)', present: { status: 'stopped', timers: [] } })
  expect(page.all).toEqual(all)
})

test('a request that is answered late is not taken for a new one, and what is kept does not grow', () => {
  const requests = new Requests()
  const request = () => ({ at: 0, identity: 'a', verb: 'watch', resource: 'leases' }) as RecordedRequest
  const late = Array.from({ length: 200 }, request)
  for (const each of late) requests.note(each)
  const kept = requests.all.map(({ id }) => id)
  expect(kept).toHaveLength(150)
  expect(late.map((each) => requests.note(each)?.id).slice(48, 52)).toEqual([undefined, undefined, 50, 51])
  expect(requests.all.map(({ id }) => id)).toEqual(kept)
})
