/** `step-down`: asks the present leader to hand over, and waits for the next one. */

import { readSurroundings } from '../options/pod.ts'
import { printable } from '../telemetry/printable.ts'
import { helpOf } from './arguments/help.ts'
import { readArguments } from './arguments.ts'
import { CLUSTER_FLAGS, JSON_FLAG, leaseNamed, useKubeconfig } from './election-options.ts'
import { printLine } from './json-lines.ts'
import { type HandOver, handOver } from './step-down/hand-over.ts'
import { LeaseView } from './step-down/lease.ts'
import { failUnlessWritten } from './whole-output.ts'

const FLAGS = {
  timeout: { type: 'duration', value: 'DURATION', about: 'how long the next leader is awaited. Default: 60s' },
  ...CLUSTER_FLAGS,
  ...JSON_FLAG,
} as const

export const USAGE = helpOf({
  examples: [
    ['step-down my-app', 'another candidate leads, and how long that took'],
    ['step-down my-app -n shop --timeout 5m', 'where its work takes long to stop'],
  ],
  synopsis: 'step-down [LEASE] [options]',
  about: [
    'Asks the present leader to hand over, by an annotation of the Lease that names its term; who may patch the Lease may ' +
      'do so. The leader lets its work end, gives the Lease back and rests for an interval. One that leads for life gives it ' +
      'back and ends its process. Leaders of other clients do not know the request: it is taken back after the timeout.',
    'Needs the rights to get and patch the Lease, and better to watch it.',
  ],
  flags: FLAGS,
  exitCodes: {
    0: 'another candidate leads, or the same one anew',
    1: 'nobody leads: nobody to ask, or nobody has followed in time; or the leader does not hand over',
    2: 'wrong arguments, environment or kubeconfig',
    3: 'the API server refuses, or anything else',
    130: 'Ctrl-C, 143 SIGTERM: the request was taken back',
  },
})

const DEFAULT_TIMEOUT = 60_000
/** Characters of a sentence. */
const LONGEST = 1_000
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, { positionals: ["the Lease's name"] })
  failUnlessWritten()
  useKubeconfig(values.kubeconfig)
  const name = leaseNamed('step-down', positionals[0]).text
  const timeout = values.timeout ?? DEFAULT_TIMEOUT
  const tell = (event: Told, sentence: string, code: number) => {
    if (values.json) printLine({ leaseName: name, ...event })
    else if (code === 0) console.log(`${name}: ${printable(sentence, LONGEST)}`)
    else console.error(`${name}: ${printable(sentence, LONGEST)}`)
    return code
  }
  const interrupted = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => interrupted.abort(signal)
  for (const signal of Object.keys(SIGNALS)) process.once(signal, interrupt)
  using lease = new LeaseView(name, values.namespace ?? readSurroundings().namespace)
  try {
    const record = await lease.read()
    if (record?.holder === undefined || record.acquireTime === undefined) {
      const isHeld = record?.holder !== undefined
      const why = isHeld
        ? `the Lease tells no term of ${record.holder}: it has no acquireTime`
        : 'the Lease has no holder'
      const sentence = `nobody ${isHeld ? 'can be asked' : 'leads'}: ${record ? why : 'there is no such Lease'}`
      return tell({ type: 'noLeader' }, sentence, 1)
    }
    const outcome = await handOver(lease, record, timeout, interrupted.signal)
    return tell(outcome, sentenceOf(outcome, timeout), codeOf(outcome, interrupted.signal))
  } finally {
    for (const signal of Object.keys(SIGNALS)) process.off(signal, interrupt)
  }
}

type Told = HandOver | { readonly type: 'noLeader' }

function codeOf({ type }: HandOver, { reason }: AbortSignal): number {
  if (type === 'interrupted') return SIGNALS[reason as keyof typeof SIGNALS]
  return type === 'handedOver' ? 0 : 1
}

function sentenceOf(outcome: HandOver, timeout: number): string {
  switch (outcome.type) {
    case 'handedOver': {
      const { from, to, releasedAfter, followedAfter } = outcome
      if (releasedAfter === undefined) return `${to} leads, ${inTime(followedAfter)} after ${from} was asked`
      const released = `${from} gave the Lease back ${inTime(releasedAfter)} after it was asked`
      if (to !== from) return `${released}; ${to} leads, ${inTime(followedAfter)} later`
      return `${released}; nobody else took it, and ${to} leads again, ${inTime(followedAfter)} later`
    }
    case 'notFollowed':
      return (
        `${outcome.from} gave the Lease back ${inTime(outcome.releasedAfter)} after it was asked, and within ` +
        `${inTime(timeout)} nobody has taken it: is there another candidate?`
      )
    case 'notReleased':
      return (
        `${outcome.from} did not hand over within ${inTime(timeout)}: its work may not have stopped yet, or its client does ` +
        `not know such requests. ${withdrawn(outcome.stands)}`
      )
    case 'interrupted':
      return withdrawn(outcome.stands)
  }
}

function withdrawn(stands: string | undefined): string {
  return stands === undefined ? 'The request was taken back.' : `The request could not be taken back: ${stands}`
}

function inTime(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
