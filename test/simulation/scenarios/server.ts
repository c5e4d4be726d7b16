/** What scenarios over real HTTP have in common. */
import { setTimeout as wait } from 'node:timers/promises'
import { type LeaseServer, startLeaseServer } from '../../../src/testing/index.ts'

/** Milliseconds within which something has to come about. */
export const PATIENCE = 5_000

export async function until(condition: () => boolean, patience = PATIENCE): Promise<boolean> {
  const since = performance.now()
  while (!condition()) {
    if (performance.now() - since > patience) return false
    await wait(5)
  }
  return true
}

export async function withServer(
  run: (server: LeaseServer) => Promise<string | undefined>,
): Promise<string | undefined> {
  const server = await startLeaseServer()
  try {
    return await run(server)
  } finally {
    await server.close()
  }
}
