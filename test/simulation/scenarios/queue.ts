/** The order of the requests of a process. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Applicant, type Leave, RequestQueue } from '../../../src/kubernetes/http/request-queue.ts'
import type { Urgency } from '../../../src/lease/attempt.ts'
import { ManualClock } from '../../support/manual-clock.ts'

/** How many may be under way at first. */
const WINDOW = 16
const LIMITS = { terms: 64, others: 32, hanging: 256 }

export async function queueOrder(): Promise<string | undefined> {
  for (const check of [hanging, fullWindow, urgency, expiry, afterLoss, claimsOfOneLease]) {
    const noticed = await check()
    if (noticed) return noticed
  }
  return undefined
}

async function hanging(): Promise<string | undefined> {
  const { queue, clock, enter } = begin()
  for (let each = 0; each < LIMITS.terms; each += 1) void enter({ purpose: 'keep', until: 10_000 })
  await nextTurn()
  const sent = enter({ purpose: 'keep', until: 10_000 })
  for (let waited = 0; waited < 2_000; waited += 100) {
    clock.advance(100)
    await nextTurn()
  }
  await nextTurn()
  return sent.isSent
    ? undefined
    : `requests that hang keep another one from being sent (${queue.underWay} are under way)`
}

async function fullWindow(): Promise<string | undefined> {
  const { enter } = begin()
  for (let each = 0; each < WINDOW; each += 1) void enter({ purpose: 'look' })
  const sent = enter({ purpose: 'keep', until: 10_000 })
  await nextTurn()
  return sent.isSent ? undefined : 'what keeps a term waits for looks that have just been sent'
}

async function urgency(): Promise<string | undefined> {
  const order = await orderOf([
    { purpose: 'look' },
    { purpose: 'claim' },
    { purpose: 'release' },
    { purpose: 'keep', until: 5 },
  ])
  const purposes = order.map(({ purpose }) => purpose).join()
  return purposes === 'keep,release,claim,look' ? undefined : `requests are sent in the order ${purposes}`
}

async function expiry(): Promise<string | undefined> {
  const order = await orderOf([7, 3, 5].map((until) => ({ purpose: 'keep', until })))
  const ends = order.map((each) => each.purpose === 'keep' && each.until).join()
  return ends === '3,5,7' ? undefined : `what keeps terms is sent in the order of their ends ${ends}`
}

async function afterLoss(): Promise<string | undefined> {
  const { queue, enter } = begin()
  const leaves: Leave[] = []
  for (let each = 0; each < LIMITS.terms; each += 1) {
    const leave = await enter({ purpose: 'keep', until: 10_000 }).promise
    if (each === LIMITS.terms - 1) leaves.push(leave)
    else leave('answered')
  }
  leaves[0]!('lost')
  for (let each = 0; each < LIMITS.terms; each += 1) void enter({ purpose: 'look' })
  await nextTurn()
  return queue.underWay <= WINDOW ? undefined : `after a lost connection ${queue.underWay} requests are sent at once`
}

async function claimsOfOneLease(): Promise<string | undefined> {
  const { queue, enter } = begin()
  for (let each = 0; each < 5; each += 1) void enter({ purpose: 'claim' }, 'one')
  await nextTurn()
  return queue.underWay === 1 ? undefined : `${queue.underWay} claims of one process on one Lease are under way at once`
}

function begin() {
  const clock = new ManualClock()
  const queue = new RequestQueue(clock, LIMITS)
  const { signal } = new AbortController()
  const enter = (urgency: Urgency, alone?: string) => {
    const applicant: Applicant = { urgency, signal, ...(alone !== undefined && { alone }) }
    const entered = { isSent: false, promise: queue.enter(applicant) }
    void entered.promise.then(() => {
      entered.isSent = true
    })
    return entered
  }
  return { queue, clock, enter }
}

/** In which order those are sent that wait for one place. */
async function orderOf(urgencies: readonly Urgency[]): Promise<Urgency[]> {
  const { enter } = begin()
  const first = await Promise.all(
    Array.from({ length: LIMITS.terms }, () => enter({ purpose: 'keep', until: 1 }).promise),
  )
  const order: Urgency[] = []
  for (const urgency of urgencies) {
    void enter(urgency).promise.then((leave) => {
      order.push(urgency)
      leave('unanswered')
    })
  }
  await nextTurn()
  for (const leave of first) leave('unanswered')
  for (let turn = 0; turn < urgencies.length; turn += 1) await nextTurn()
  return order
}
