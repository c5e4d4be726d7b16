/** `demo --web` without a browser: what the page is told, what can be done from it, and how it ends. */
import { expect, test } from 'vitest'
import type { DemoState } from '../../src/cli/demo/web/model/state.ts'
import type { Inspected } from '../../src/viewer/model/inspected.ts'
import { hasPython, runCommand, startOnTerminal } from '../support/command.ts'
import { isCandidate, openStream, startDemoPage } from '../support/page-client.ts'

test('the page is told of statecharts, terms, the Lease and requests; its actions befall the processes; SIGTERM ends all', async () => {
  const { demo, url, act, page } = await startDemoPage()
  await page.first(isCandidate(({ status }) => status?.isLeading))
  const { data } = await page.first(({ type }) => type === 'term')
  const leader = String(data.pod)
  const token = String(data.fencingToken)
  await page.first(({ type, data }) => type === 'lease' && String(data.lease).includes(`holderIdentity: ${leader}`))
  await page.first(({ type, data }) => type === 'request' && String(data.what).startsWith('patch') && data.status)
  const isOfLeader = ({ key }: Inspected) => key.startsWith(`${leader} (`)
  await page.first(({ type, data }) => type === 'inspected' && isOfLeader(data as never) && data.type === 'step')

  // A second page knows at once what the first one has learnt.
  const [late] = (await openStream(url)).messages
  const state = late!.data as never as DemoState
  expect(state.candidates.map(({ pod }) => pod)).toEqual(['web-1', 'web-2', 'web-3'])
  expect(state.terms).toMatchObject([{ pod: leader, fencingToken: token }])
  expect(state.sessions.map(({ chart }) => chart.id)).toEqual(['election', 'election', 'election'])
  expect(state.requests.some(({ identity, what }) => identity === leader && what.startsWith('create leases'))).toBe(
    true,
  )
  expect(JSON.stringify(page.messages)).not.toMatch(/Bearer|certificate-authority|client-key/i)

  expect(await act({ action: 'stepClock', target: leader, by: 3_600_000 })).toMatchObject({ status: 204 })
  await page.first(({ type, data }) => type === 'term' && (data.spans as { length: number }).length === 2)
  expect(await act({ action: 'cutOff', target: leader, lost: 'requests' })).toMatchObject({ status: 204 })
  await page.first(({ type, data }) => type === 'request' && data.fault === 'the request is lost')
  expect(await act({ action: 'cutOff', target: leader, lost: 'none' })).toMatchObject({ status: 204 })
  expect(await act({ action: 'pause', target: leader })).toMatchObject({ status: 204 })
  expect(await act({ action: 'stop', target: leader })).toMatchObject({
    status: 409,
    text: expect.stringMatching(/is paused/),
  })
  expect(await act({ action: 'resume', target: leader })).toMatchObject({ status: 204 })
  expect(await act({ action: 'outage', on: true })).toMatchObject({ status: 204 })
  await page.first(({ type, data }) => type === 'request' && data.status === 503)
  expect(await act({ action: 'outage', on: false })).toMatchObject({ status: 204 })
  expect(await act({ action: 'deletePod', target: leader })).toMatchObject({ status: 204 })
  const next = await page.first(({ type, data }) => type === 'term' && data.pod !== leader)
  expect(BigInt(String(next.data.fencingToken))).toBeGreaterThan(BigInt(token))
  expect(await act({ action: 'restart', target: leader })).toMatchObject({
    status: 409,
    text: `${leader} has lost its pod.`,
  })
  expect(await act({ action: 'kill', target: String(next.data.pod) })).toMatchObject({ status: 204 })
  await page.first(isCandidate(({ pod, ended }) => pod === String(next.data.pod) && ended))
  expect(await act({ action: 'restart', target: String(next.data.pod) })).toMatchObject({ status: 204 })
  expect(await act({ action: 'add' })).toMatchObject({ status: 204 })
  await page.first(isCandidate(({ pod, status }) => pod === 'web-4' && status))

  for (const wrong of [
    { action: 'dance' },
    null,
    { action: 'stop', target: 'web-9' },
    { action: 'stepClock', target: 'web-4', by: 'x' },
    { action: 'cutOff', target: 'web-4', lost: 'some' },
  ])
    expect(await act(wrong as never)).toMatchObject({
      status: 409,
      text: expect.stringMatching(/expected|no candidate/),
    })

  demo.process.kill('SIGTERM')
  expect(await demo.exited).toMatchObject({ code: 143, stderr: [] })
  await page.ended
  expect(demo.stdout.join('\n')).not.toMatch(/FAULT|Error/)
})

test.skipIf(!hasPython)(
  'on a terminal q ends it, with 0 where no two led at once; other keys are said to do nothing',
  async () => {
    const demo = startOnTerminal(['demo', '--web'])
    await demo.line(/q ends it/)
    await demo.line(/web-\d: leads, fencing token/)
    demo.type('k')
    await demo.line(/"k" does nothing here/)
    demo.type('q')
    const { code, stdout } = await demo.exited
    expect([code, stdout.filter((line) => /FAULT|Error/.test(line))]).toEqual([0, []])
  },
)

test('a port that is taken is said, and every process has ended', async () => {
  const { url } = await startDemoPage()
  const { port } = new URL(url)
  const { code, stderr } = await runCommand(['demo', '--web', '--port', port])
  expect([code, stderr[0]]).toEqual([2, expect.stringContaining(`port is ${port}, on which the page can't be served`)])
})

test.each([
  [['--port', '8080'], '--port is for the page; give --web too.'],
  [['--web', '--port', '70000'], '--port is 70000; expected a port up to 65535, or 0 for a free one.'],
  [['--web', '--tour'], '--tour plays by itself, --web is played on a page; expected one of them.'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await runCommand(['demo', ...args])
  expect([code, stderr[0]]).toEqual([2, message])
})
