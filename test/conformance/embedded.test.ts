/** The embedded server passes the conformance suite, which a real API server is asked by `run.ts`. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LeaseServer, startLeaseServer } from '../../src/testing/index.ts'
import { Leases } from './conformance.ts'
import { SUITE } from './suite.ts'
import { Target } from './target.ts'

let server: LeaseServer

beforeAll(async () => {
  server = await startLeaseServer()
})
afterAll(() => server.close())

test.each(SUITE)('$fact', ({ check }) => check(new Leases(new Target(server.kubeConfig()), 'default')))

test('each fact is stated once', () => {
  expect(new Set(SUITE.map(({ fact }) => fact)).size).toBe(SUITE.length)
})
