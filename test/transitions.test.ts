/**
 * Every transition of the statechart: which it declares, which its model can reach, and that the real thing (the real
 * services, client-node and the embedded server over HTTP) takes each one when it is led there along the model's path.
 */
import { describe, expect, test } from 'vitest'
import { getStateNodes } from 'xstate/graph'
import { electionMachine } from '../src/index.ts'
import { DEFAULT_RETRY_BACKOFFS } from '../src/options/timing.ts'
import { LEASE, LEASE_DURATION, RENEW_DEADLINE } from './support/cluster.ts'
import { declaredTransitions } from './transitions/declared.ts'
import type { Happening } from './transitions/happenings.ts'
import { Model, nearestModels } from './transitions/model.ts'
import { type Replaced, Replay } from './transitions/replay.ts'

const declared = declaredTransitions(electionMachine)
const isOfOwners = (happening: Happening) => 'by' in happening && happening.by === 'ownerForbidden'
const life = new Model('life', { isPossible: (happening) => !isOfOwners(happening) })
const renewable = new Model('renewable', { isPossible: (happening) => !isOfOwners(happening) })
const asTheGem = new Model('life', { endAfterRetries: true, isPossible: isOfRetries })
const withoutOwner = new Model('renewable', { isPossible: (each) => isOfOwners(each) || isOfRetries(each) })
const nearest = nearestModels([life, renewable, asTheGem, withoutOwner], declared)
const reached = new Set(nearest.keys())
/** By replays below, and nothing else. */
const taken = new Set<string>()

test('every invoked service has an id, an onDone and an onError, but for the one that ends the election with an error', () => {
  const nodes = [electionMachine.root, ...getStateNodes(electionMachine.root)]
  const invocations = nodes.flatMap((node) => node.invoke.map((invoke) => ({ node, invoke })))
  expect(invocations.length).toBeGreaterThanOrEqual(9)
  for (const { node, invoke } of invocations) {
    expect(invoke.id).toMatch(/^[a-z]+$/)
    if (invoke.src === 'escalate') continue
    expect([...node.transitions.keys()]).toEqual(
      expect.arrayContaining([`xstate.done.actor.${invoke.id}`, `xstate.error.actor.${invoke.id}`]),
    )
  }
})

test('each declared transition has a name of its own', () => {
  expect(new Set(declared).size).toBe(declared.length)
})

test('each declared transition can be reached in the model', () => {
  expect(declared.filter((transition) => !reached.has(transition))).toEqual([])
})

describe('the real services take', () => {
  test.for(declared)('%s', async (transition) => {
    await using replay = await Replay.start(nearest.get(transition)!, replacedFor(transition))
    await replay.take(transition)
    for (const each of replay.taken) taken.add(each)
  })
})

test('a stale lease is taken over when its own duration has gone by without a renewal, and not before', async () => {
  await using replay = await Replay.start(renewable)
  await replay.force(read('held'))
  const since = replay.now
  await replay.force(timer('leaseExpiry', 'observing.following'))
  expect(replay.now - since).toBeGreaterThan(LEASE_DURATION)
  expect(replay.now - since).toBeLessThan(LEASE_DURATION + 10)
  await replay.force(timer('claimJitter', 'observing.contending'))
  await replay.force(written('claim'))
  expect([...replay.taken]).toEqual([
    'election · watchOpened → (stays)',
    'observing.reading · read done [otherwise] → observing.assessing',
    'observing.assessing · always [otherwise] → observing.following',
    'observing.following · after leaseExpiry → observing.contending',
    'observing.contending · after claimJitter → acquiring',
    'acquiring.claiming · claim done [otherwise] → leading',
  ])
  expect(replay.server.leases.get(LEASE)?.spec).toMatchObject({ holderIdentity: 'me', leaseTransitions: 1 })
})

test.for(DEFAULT_RETRY_BACKOFFS.map((_, index) => index + 1))(
  'a leader whose renewal fails %i times in a row looks after each whether it was committed, and leads on',
  async (failures) => {
    await using replay = await leader()
    await failRenewals(replay, failures)
    await replay.force(written('renew'))
    const retries = DEFAULT_RETRY_BACKOFFS.slice(0, failures).map((_, index) => index + 1)
    expect([...replay.taken].filter((transition) => transition.includes('after retry'))).toEqual(
      retries.map((n) => `leading.renewal.backoff.retry${n} · after retry${n} → leading.renewal.verifying`),
    )
    expect(replay.snapshot.value).toMatchObject({ leading: { renewal: 'holding' } })
    expect(replay.snapshot.context.failures).toBe(0)
  },
)

test('beyond the last retry its wait repeats, until the deadline of the term decides', async () => {
  await using replay = await leader()
  const since = replay.now
  await failRenewals(replay, DEFAULT_RETRY_BACKOFFS.length)
  await replay.force(failed('renew'))
  expect(replay.snapshot.value).toMatchObject({ leading: { renewal: { backoff: 'retry5' } } })
  await replay.force(timer('termValidity', 'leading.validity.counting'))
  expect(replay.now - since).toBe(RENEW_DEADLINE)
  expect(replay.snapshot.value).toEqual({ observing: 'reading' })
  expect(replay.snapshot.context.loss).toMatchObject({ kind: 'deadline', error: { name: 'TransientApiError' } })
})

test('a leader that gets no answer at all stops at its deadline too', async () => {
  await using replay = await leader()
  const since = replay.now
  await replay.force(timer('termValidity', 'leading.validity.counting'))
  expect(replay.now - since).toBe(RENEW_DEADLINE)
  expect(replay.taken).toContain(
    'leading.renewal.renewing · renew fails [isFailureNumber 1] → leading.renewal.backoff.retry1',
  )
  expect(replay.snapshot.context.loss).toMatchObject({
    error: { message: expect.stringContaining('no answer within') },
  })
})

// The last one: it sums up what the replays above have taken.
test('all transitions that are declared are reached and taken', () => {
  const replaced = declared.filter(replacedFor)
  console.log(
    `transitions: ${declared.length} declared, ${reached.size} reached, ${taken.size} taken\n` +
      `(${replaced.join(', ')}: with a service that ends, where the real one never does)`,
  )
  expect({ unreached: missing(reached), untaken: missing(taken) }).toEqual({ unreached: [], untaken: [] })
  expect([reached.size, taken.size]).toEqual([declared.length, declared.length])
})

function missing(set: ReadonlySet<string>): string[] {
  return declared.filter((transition) => !set.has(transition))
}

/**
 * `watch` and `clock` live as long as their state, and retry by themselves: their ends are provided for, and happen only
 * if a later change makes them. So a service that ends takes their place, and the other services are the real ones.
 */
function replacedFor(transition: string): Replaced {
  return /· (watch|clock) (done|fails)/.exec(transition)?.[1] as Replaced
}

async function leader(): Promise<Replay> {
  const replay = await Replay.start(renewable)
  await replay.force(read('absent'))
  await replay.force(timer('claimJitter', 'observing.contending'))
  await replay.force(written('claim'))
  return replay
}

/** Each time it waits, looks, sees that it still holds the Lease, and is about to renew it again. */
async function failRenewals(replay: Replay, failures: number): Promise<void> {
  await replay.force(timer('renewInterval', 'leading.renewal.holding'))
  for (let failure = 1; failure <= failures; failure += 1) {
    await replay.force(failed('renew'))
    await replay.force(timer(`retry${failure}`, `leading.renewal.backoff.retry${failure}`))
    await replay.force({ kind: 'readAnswered', service: 'verify', lease: 'own' })
  }
}

/** What a row of failures of reads and claims is made of. */
function isOfRetries({ kind, ...of }: Happening): boolean {
  if (kind === 'readAnswered') return 'lease' in of && of.lease === 'absent'
  return kind === 'timer' || (kind === 'failed' && 'by' in of && of.by === 'transient')
}

function read(lease: 'held' | 'absent'): Happening {
  return { kind: 'readAnswered', service: 'read', lease }
}

function written(service: 'claim' | 'renew'): Happening {
  return { kind: 'written', service }
}

function failed(service: 'renew'): Happening {
  return { kind: 'failed', service, by: 'transient' }
}

function timer(delay: string, state: string): Happening {
  return { kind: 'timer', type: `xstate.after.${delay}.election.${state}` }
}
