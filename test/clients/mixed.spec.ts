/** This library and client-go as candidates of one Lease, whose leaders stop, are killed and are paused. It needs Go. */
import { beforeAll, describe, expect, test } from 'vitest'
import { mix } from '../../bench/mixed/mix.ts'
import { buildPeers, ours } from '../../bench/peers/builds.ts'
import { OURS, type Peer, REFERENCE } from '../../bench/peers/peer.ts'
import { isInstalled } from './go.ts'

const LIBRARY = new URL('../../src/index.ts', import.meta.url).href
const FIRST_BUILD = 20 * 60_000
/** Short, so that much happens; such that client-go takes it. */
const TIMING = { leaseDuration: 3, renewDeadline: 2, retryPeriod: 1 }
/** Milliseconds from waking to the callback, on a busy machine; a client that goes on by itself takes a renew deadline. */
const NOTICING = 1_000

describe.skipIf(!isInstalled)('this library beside client-go', () => {
  let peers: readonly Peer[]
  beforeAll(() => {
    peers = buildPeers((name) => name === REFERENCE).peers
  }, FIRST_BUILD)

  test('is never the late one of two leaders', { timeout: 60_000 }, async () => {
    const [us, clientGo] = [ours(LIBRARY), peers[0]!]
    const mixed = await mix([us, us, clientGo, clientGo], { seconds: 20, seed: 4, timing: TIMING })
    expect(mixed.untrue).toEqual([])
    expect(mixed.overlaps.filter(({ late, milliseconds }) => late === OURS && milliseconds > NOTICING)).toEqual([])
    expect(mixed.terms).toEqual({ [OURS]: expect.any(Number), [REFERENCE]: expect.any(Number) })
    expect(Object.keys(mixed.misfortunes).sort()).toEqual(['kill', 'pause', 'stop'])
  })
})
