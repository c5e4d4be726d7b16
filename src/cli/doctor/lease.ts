/** The Lease as it is now: whose it is, and whether another system has a hand in it. */
import { isForeign } from '../../lease/identity.ts'
import { type Answer, saidBy } from '../cluster.ts'
import { age, exactly } from '../looking/ages.ts'
import { type LeaseObject, leaseObjectOf, OWN_MANAGER, timeOf } from '../looking/lease-object.ts'
import { type Finding, failure, ok, type Patient, skipped, warning } from './finding.ts'

/** A record's duration this many times our own is worth a word: followers wait for all of it. */
const UNUSUALLY_LONG = 10

/** @param answer to a read of the Lease. */
export function* checkLease({ settings, namespace }: Patient, answer: Answer): Generator<Finding> {
  const where = `${namespace}/${settings.leaseName}`
  if (answer.status === 404) {
    yield ok('lease', `${where} is not there: the first candidate creates it`)
    return
  }
  const lease = answer.status === 200 ? leaseObjectOf(answer.body) : undefined
  if (lease === undefined) {
    yield skipped('lease', `${where} can't be read: ${saidBy(answer)}`)
    return
  }
  yield isForeign(lease.record, settings)
    ? foreign(lease, where)
    : ok('lease', `${where} is ${holding(lease, settings)}`)
  yield* checkDuration(lease, settings)
  yield* checkWriter(lease)
}

function foreign({ record: { strategy, owners } }: LeaseObject, where: string): Finding {
  if (strategy !== undefined) {
    return failure(
      'lease',
      `${where} is of Kubernetes' coordinated leader election (strategy ${strategy}), which decides who holds it`,
      'Choose another name for the Lease.',
    )
  }
  const list = owners.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  return failure(
    'lease',
    `${where} belongs to another system: its owner is ${list}`,
    `Choose another name for the Lease; or, where it was made for this election (by an operator, by Helm), take it all the
same: --adopt, the option adopt: true. Its owners are replaced then.`,
  )
}

/** By the times in it, which its holder's clock wrote. */
function holding({ record }: LeaseObject, { identity }: Patient['settings']): string {
  const { holder, leaseDuration, renewTime } = record
  if (holder === undefined) return 'free: nobody holds it'
  const by = `held by ${holder}${holder === identity ? ', the very identity of this election' : ''}`
  const renewedAt = timeOf(renewTime)
  if (renewedAt === undefined || leaseDuration === undefined) return by
  const renewed = Date.now() - renewedAt
  const isOver = renewed > leaseDuration
  return `${by}; renewed ${age(renewed)} ago, lasts ${age(leaseDuration)}${isOver ? ': it looks expired, so who watches it soon takes it' : ''}`
}

function* checkDuration({ record }: LeaseObject, { leaseDuration }: Patient['settings']): Generator<Finding> {
  if (record.holder === undefined || record.leaseDuration === leaseDuration) return
  const ours = `ours would last ${exactly(leaseDuration)}`
  if (record.leaseDuration === undefined) {
    yield warning(
      'durations',
      `the Lease states no usable duration; ${ours}, so candidates wait as long`,
      GIVE_DURATIONS,
    )
  } else if (record.leaseDuration > UNUSUALLY_LONG * leaseDuration) {
    const says = `the Lease lasts ${exactly(record.leaseDuration)}, ${ours}: should its holder die, candidates wait for all of it`
    yield warning('durations', says, GIVE_DURATIONS)
  }
}

const GIVE_DURATIONS = 'Give all candidates the same durations.'

function* checkWriter({ record, writer }: LeaseObject): Generator<Finding> {
  if (record.holder === undefined || writer === undefined || writer.manager === OWN_MANAGER) return
  yield warning(
    'writer',
    `the Lease was last written by ${writer.manager}, which is no election of this library`,
    `If it is not meant to take part, choose another name for the Lease. If it is (client-go, another library, or this one
with a User-Agent of its own), give all the same durations: some clients go by their own, rather than by that in the
Lease, and then two may lead at once. Nor do all of them stop their work in time, or count fencing tokens.`,
  )
}
