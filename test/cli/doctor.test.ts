/** `doctor` as a process: what is no more than a warning, what is healthy, and the forms in which it tells. */
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/cli/arguments/usage-error.ts'
import { readDoctorArguments, USAGE } from '../../src/cli/doctor.ts'
import { runCommand } from '../support/command.ts'
import { inside, outside, serve } from '../support/command-surroundings.ts'
import { type Broken, doctor, findings, putLease, rights, toldWithMend, withRights } from '../support/doctor.ts'

const warnings: readonly Broken[] = [
  {
    name: 'no right to watch',
    isBroken: () => withRights('get, create, patch, delete'),
    line: /^WARN may watch +no: without it candidates poll/,
    mend: /resourceNames: \[my-app\], verbs: \[watch\] \}/,
  },
  {
    name: 'no right to delete, where the Lease would have an owner',
    isBroken: async () => ({ ...(await withRights('get, create, patch, watch')), args: [] }),
    line: /^WARN may delete +no: only needed to delete the Lease on release, and by clusters that let only those/,
    mend: /resourceNames: \[my-app\], verbs: \[delete\] \}/,
  },
  {
    name: 'half of a pod',
    isBroken: async () => ({ env: { ...(await outside(await serve())), POD_NAME: 'web-1' } }),
    line: /^WARN environment +POD_UID not set \(POD_NAME web-1\): the Lease gets no owner/,
    mend: /fieldPath: metadata\.uid/,
  },
  {
    name: 'a clock that is off, which no safety rests on',
    isBroken: async () => {
      const server = await serve()
      server.faults.add({ resource: 'leases', clockOffset: -60_000 })
      return { env: await outside(server) }
    },
    line: /^WARN clock +this machine's is at least (59|60)(\.\d)? s ahead of that of the server; the election does not mind/,
    mend: /Let NTP set the clocks/,
  },
  {
    name: 'a server without HTTP/2',
    isBroken: async () => ({ env: await outside(await serve({ http2: false })) }),
    line: /^WARN protocol +HTTP\/1\.1: each open watch and each request under way takes a connection/,
    mend: /proxy or load balancer/,
  },
  {
    name: 'a Lease that another client writes, for a long time',
    isBroken: async () => {
      const server = await serve()
      const managedFields = [
        {
          manager: 'kubernetes-leader-election',
          operation: 'Update',
          time: '2026-01-01T00:00:00Z',
          fieldsV1: { 'f:spec': {} },
        },
        { manager: 'controller', operation: 'Update', time: '2026-01-02T00:00:00Z', fieldsV1: { 'f:spec': {} } },
        { manager: 'kubectl-label', operation: 'Update', time: '2026-01-03T00:00:00Z', fieldsV1: { 'f:metadata': {} } },
      ]
      putLease(server, { managedFields }, { leaseDurationSeconds: 3600 })
      return { env: await outside(server) }
    },
    line: /^WARN writer +the Lease was last written by controller, which is no election of this library/,
    mend: /give all the same durations/,
  },
  {
    name: 'a Lease that lasts far longer than ours',
    isBroken: async () => {
      const server = await serve()
      putLease(server, {}, { leaseDurationSeconds: 3600 })
      return { env: await outside(server) }
    },
    line: /^WARN durations +the Lease lasts 3600 s, ours would last 60 s/,
    mend: /Give all candidates the same durations/,
  },
  {
    name: 'a deadline that tolerates hardly any error of the clocks',
    isBroken: async () => ({ env: await outside(await serve()), args: ['--renew-deadline', '59.9s'] }),
    line: /^WARN timing +one leader at a time as long as no clock runs more than 0\.083 % too fast or too slow/,
    mend: /two thirds of it is the default/,
  },
  {
    name: 'a pod that is terminating',
    isBroken: async () => {
      const server = await serve()
      const env = await inside(server, 'web-1')
      server.terminatePod('web-1')
      return { env }
    },
    line: /^WARN owner +the pod web-1 is terminating/,
    mend: /let a new pod stand/,
  },
]

test.each(warnings)('$name: a warning, with its mend; an election can take place', async (broken) => {
  const { code, text } = await toldWithMend(broken)
  expect(text).toContain('an election can take place here')
  expect(code).toBe(0)
})

describe('a healthy set-up', () => {
  test('in a pod, for life: every line is ok, and the timing stands there in words', async () => {
    const server = await serve()
    const { code, stdout, text } = await doctor({
      env: await inside(server, 'web-1'),
      args: ['--for-life', '--preset', 'client-go'],
    })
    expect(stdout.filter((line) => !line.startsWith('ok '))).toEqual([
      '',
      'an election can take place here. Failures: 0, warnings: 0, ok: 19, not examined: 0',
    ])
    expect(text).toMatch(/^ok {3}timing +one leader at a time as long as no clock runs more than 20 %/m)
    expect(text).toMatch(/fail-over .* 13 s to 15 s from the crash\. .* the longest time without a leader is 79\.2 s$/m)
    expect(code).toBe(0)
    expect(server.leases.list()).toEqual([])
  })

  test('a Lease that another one holds is no fault, and neither is one that nobody holds', async () => {
    const server = await serve()
    const env = await outside(server)
    const renewTime = new Date(Date.now() - 5_000).toISOString()
    putLease(server, {}, { leaseDurationSeconds: 60, renewTime })
    const held = await doctor({ env })
    expect(held.text).toMatch(/^ok {3}lease +default\/my-app is held by other; renewed \d+s ago, lasts 60s$/m)
    putLease(server, {}, { holderIdentity: '' })
    const free = await doctor({ env })
    expect(free.text).toMatch(/^ok {3}lease +default\/my-app is free: nobody holds it$/m)
    expect([held.code, free.code]).toEqual([0, 0])
  })

  test("another system's Lease is one's own with --adopt", async () => {
    const server = await serve()
    putLease(server, { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'operator', uid: 'u' }] })
    expect((await doctor({ env: await outside(server), args: ['--adopt'] })).code).toBe(0)
  })
})

test.each([
  ['a service account', 'app', '{ kind: ServiceAccount, name: app, namespace: default }'],
  ['a user', undefined, '{ apiGroup: rbac.authorization.k8s.io, kind: User, name: "web-1" }'],
])('the Role that it prints for %s, once applied, mends the rights', async (_, serviceAccount, subject) => {
  const server = await serve()
  server.rbac.apply(rights('get', 'nobody'))
  server.pod('web-1', { ...(serviceAccount && { serviceAccount }) })
  const setUp = { env: await inside(server, 'web-1'), args: ['--for-life'] }
  const before = await findings(setUp)
  const { manifest, state } = before.checks.find(({ check }) => check === 'rights')!
  expect({ state, code: before.code }).toEqual({ state: 'failure', code: 1 })
  expect(manifest).toContain(`subjects:\n  - ${subject}`)
  const shown = await doctor(setUp)
  expect(shown.text).toContain(`\n${manifest}\n`)

  server.rbac.apply(manifest!)
  const after = await findings(setUp)
  expect(after.checks.filter(({ state }) => state === 'failure' || state === 'warning')).toEqual([])
  expect(after.code).toBe(0)
})

test('with --json each finding is a line, and so is the sum', async () => {
  const server = await serve()
  const { code, checks, summary } = await findings({ env: await outside(server), args: ['-n', 'nowhere'] })
  expect(checks).toContainEqual({
    at: expect.any(Number),
    type: 'check',
    check: 'namespace',
    state: 'failure',
    says: 'there is no namespace nowhere',
    mend: expect.stringContaining('kubectl create namespace nowhere'),
  })
  const count = (state: string) => checks.filter((each) => each.state === state).length
  expect(count('failure')).toBeGreaterThan(0)
  expect(summary).toEqual({
    at: expect.any(Number),
    type: 'summary',
    ok: count('ok'),
    warning: count('warning'),
    failure: count('failure'),
    skipped: count('skipped'),
  })
  expect(code).toBe(1)
})

test('a server that stops answering in the middle is told, and ends it', async () => {
  const server = await serve()
  server.faults.add({ resource: 'leases', reset: true })
  const { code, text } = await doctor({ env: await outside(server) })
  expect(text).toMatch(/^FAIL cluster +GET \/apis\/coordination\.k8s\.io\/v1\/namespaces\/default\/leases\/my-app: /m)
  expect(code).toBe(1)
})

test('what the server says reaches no terminal as control characters', async () => {
  const server = await serve()
  putLease(server, {}, { holderIdentity: 'evil\u001b[2J\u202ename' })
  const { text } = await doctor({ env: await outside(server) })
  expect(text).toContain('held by evil\\u{1b}[2J\\u{202e}name')
})

test.each([
  [['My_App'], 'LEASE is "My_App"; expected a DNS subdomain'],
  [[], 'no lease name: give one as the first argument, as in `kubernetes-leader-election doctor my-app`'],
  [['x', '--for-live'], 'unknown option --for-live; did you mean --for-life?'],
  [['x', '--max-clock-skew', 'much'], '--max-clock-skew is "much"; expected a duration'],
])('wrong arguments are no finding: %j', (args, message) => {
  expect(() => readDoctorArguments(args)).toThrow(UsageError)
  expect(() => readDoctorArguments(args)).toThrow(message)
})

test('--help: examples first, exit codes last, no line wider than 120', async () => {
  const { code, stdout, stderr } = await runCommand(['doctor', '--help'])
  expect(stdout).toEqual(USAGE.split('\n'))
  expect(stdout[0]).toMatch(/^ {2}kubernetes-leader-election doctor my-app/)
  expect(USAGE).toMatch(/Exit codes:\n {2}0 .*[\s\S]*\n {2}3 /)
  expect(Math.max(...stdout.map((line) => line.length))).toBeLessThanOrEqual(120)
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] })
})
