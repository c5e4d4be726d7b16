/** One stream, a thousand who hear of it: each in order, and nothing else of the process waits for them. */
import { expect, test } from 'vitest'
import type { LeaseWatchListener, StreamListener } from '../src/kubernetes/lease-stream.ts'
import { LeaseVersions } from '../src/kubernetes/lease-versions.ts'
import { WatchHub } from '../src/kubernetes/watch-hub.ts'
import { type LeaseRecord, parseLease } from '../src/lease/record.ts'

const request = { verb: 'watch', name: 'one', namespace: 'default' } as const
const at = { monotonic: 0, wall: 0 }
const record = (resourceVersion: number): LeaseRecord =>
  parseLease({ metadata: { uid: 'u', resourceVersion: String(resourceVersion) } })!

/** A hub whose stream is told by the test. */
function open() {
  const versions = new LeaseVersions()
  const hub = new WatchHub(versions)
  const opened = Promise.withResolvers<StreamListener>()
  const ended = Promise.withResolvers<void>()
  const watch = (listener: Partial<LeaseWatchListener>) =>
    hub.watch(
      (_request, stream, left) => {
        opened.resolve(stream)
        left.addEventListener('abort', () => ended.resolve())
        return ended.promise
      },
      request,
      { opened: () => {}, changed: () => {}, deleted: () => {}, ended: () => {}, ...listener },
    )
  return { versions, watch, stream: opened.promise, ended }
}

test('a thousand members who take their time hold up neither timers nor other work, and each hears in order', async () => {
  const { watch, stream, ended } = open()
  const heard: string[][] = []
  for (let index = 0; index < 1_000; index += 1) {
    const own: string[] = []
    heard[index] = own
    watch({
      opened: () => own.push('opened'),
      changed: ({ resourceVersion }) => {
        own.push(resourceVersion)
        const until = performance.now() + 0.1
        while (performance.now() < until); // as a statechart does
      },
      deleted: (uid) => own.push(`deleted ${uid}`),
      ended: () => own.push('ended'),
    })
  }
  const told = await stream
  let turns = 0
  const turn = () => {
    turns += 1
    immediate = setImmediate(turn)
  }
  let immediate = setImmediate(turn)
  await told.opened(at)
  await told.changed('one', record(1), at)
  await told.changed('two', record(2), at)
  await told.changed('one', record(3), at)
  clearImmediate(immediate)
  await told.deleted('one', 'u', at)
  expect(turns).toBeGreaterThan(20) // of 200 ms of their work
  ended.resolve()
  const all = ['opened', '1', '3', 'deleted u', 'ended']
  await expect.poll(() => heard.map((own) => own.join())).toEqual(heard.map(() => all.join()))
})

test('who leaves while others are told hears nothing more', async () => {
  const { watch, stream, ended } = open()
  const heard: string[] = []
  const busy = () => {
    const until = performance.now() + 10
    while (performance.now() < until);
    leave()
  }
  watch({ changed: busy })
  const leave = watch({ changed: () => heard.push('left'), ended: () => heard.push('left') })
  watch({ changed: () => heard.push('stayed'), ended: () => heard.push('ended') })
  await (await stream).changed('one', record(1), at)
  ended.resolve()
  await expect.poll(() => heard).toEqual(['stayed', 'ended'])
})

test('the last one to leave ends the stream, and none before', async () => {
  const { watch, ended } = open()
  let isEnded = false
  void ended.promise.then(() => {
    isEnded = true
  })
  const [one, other] = [watch({}), watch({})]
  one()
  one() // once more is no error
  await new Promise(setImmediate)
  expect(isEnded).toBe(false)
  other()
  await ended.promise
})

test('what a stream tells is known to whoever writes next; what lags behind is not taken for news', async () => {
  const { versions, watch, stream } = open()
  watch({})
  const listener = await stream
  await listener.changed('one', record(7), at)
  expect(versions.isOutdated('default/one', '6')).toBe(true)
  expect(versions.isOutdated('default/one', '7')).toBe(false)
  await listener.changed('one', record(5), at)
  expect(versions.isOutdated('default/one', '6')).toBe(true)
})

test('a server that was restored from a backup is believed once a later request shows it', () => {
  const versions = new LeaseVersions()
  const before = versions.moment
  versions.learn('x', record(100))
  versions.learn('x', record(50), before) // asked before the higher one was heard of: merely late
  expect(versions.isOutdated('x', '60')).toBe(true)
  versions.learn('x', record(50), versions.moment)
  expect(versions.isOutdated('x', '60')).toBe(false)
  expect(versions.hasHeardSince('x', before)).toBe(true)
  versions.forget('x', before) // an answer from before
  expect(versions.isOutdated('x', '40')).toBe(true)
  versions.forget('x', versions.moment)
  expect(versions.isOutdated('x', '40')).toBe(false)
  versions.learn('x', parseLease({ metadata: { uid: 'u', resourceVersion: 'opaque' } })!)
  expect(versions.isOutdated('x', '1')).toBe(false)
})
