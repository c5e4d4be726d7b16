/** What `doctor` says of a set-up, and set-ups that are broken in some way. */
import { expect } from 'vitest'
import type { LeaseServer } from '../../src/testing/index.ts'
import { runCommand } from './command.ts'
import { inside, LEASE, serve } from './command-surroundings.ts'

interface Finding {
  readonly check: string
  readonly state: string
  readonly says: string
  readonly mend?: string
  readonly manifest?: string
}

export interface SetUp {
  readonly env: NodeJS.ProcessEnv
  readonly args?: readonly string[]
}

/** What it says of this set-up: its lines for people, which are what is looked at. */
export async function doctor({ env, args = [] }: SetUp) {
  const { code, stdout, stderr } = await runCommand(['doctor', LEASE, ...args], env)
  expect(stderr).toEqual([])
  return { code, stdout, text: stdout.join('\n') }
}

export async function findings({ env, args = [] }: SetUp) {
  const { code, stdout } = await runCommand(['doctor', LEASE, '--json', ...args], env)
  const lines = stdout.map((line) => JSON.parse(line)) as (Finding & { readonly type: string })[]
  return { code, checks: lines.filter(({ type }) => type === 'check'), summary: lines.at(-1)! }
}

/** That the set-up is told by a line of its own, with its mend beneath; resolves with what it ends with. */
export async function toldWithMend({ isBroken, line, mend }: Broken): Promise<{ code: number | null; text: string }> {
  const { code, stdout, text } = await doctor(await isBroken())
  expect(stdout).toContainEqual(expect.stringMatching(line))
  const index = stdout.findIndex((each) => line.test(each))
  expect(mendBeneath(stdout, index)).toMatch(mend)
  return { code, text }
}

/** What stands between that line and the next check. */
function mendBeneath(lines: readonly string[], index: number): string {
  const next = lines.findIndex((line, at) => at > index && /^(ok|WARN|FAIL|-|$)/.test(line))
  return lines.slice(index + 1, next).join('\n')
}

export const rights = (verbs: string, user = 'web-1') => `
kind: Role
metadata: { name: r }
rules: [{ apiGroups: [coordination.k8s.io], resources: [leases], verbs: [${verbs}] }]
---
kind: RoleBinding
metadata: { name: r }
roleRef: { kind: Role, name: r }
subjects: [{ kind: User, name: ${user} }]
`

/** A server on which web-1 has these rights, and web-1's pod. */
export async function withRights(verbs: string): Promise<SetUp> {
  const server = await serve()
  server.rbac.apply(rights(verbs))
  return { env: await inside(server, 'web-1'), args: ['--for-life'] }
}

export const putLease = (server: LeaseServer, metadata: object, spec: object = {}) =>
  server.leases.put({ metadata: { name: LEASE, ...metadata }, spec: { holderIdentity: 'other', ...spec } })

export interface Broken {
  readonly name: string
  readonly isBroken: () => Promise<SetUp>
  /** The line that names it. */
  readonly line: RegExp
  /** The mend beneath that line. */
  readonly mend: RegExp
}
