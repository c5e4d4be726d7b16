/** The demo's page, for as long as a Lease takes to expire. */
import { expect, test } from 'vitest'
import { isCandidate, startDemoPage } from '../support/page-client.ts'

test('a leader that is paused past its term ends when it wakes, and its container is restarted', async () => {
  const { demo, act, page } = await startDemoPage()
  const { data } = await page.first(({ type }) => type === 'term')
  const leader = String(data.pod)
  await act({ action: 'pause', target: leader })
  const next = await page.first(({ type, data }) => type === 'term' && data.pod !== leader)
  await act({ action: 'resume', target: leader })
  await page.first(isCandidate(({ pod, ended }) => pod === leader && ended?.how === 'ended with exit code 1'))
  // It knows the one that leads now.
  await page.first(isCandidate(({ pod, status }) => pod === leader && status?.leader === String(next.data.pod)))
  const { stdout } = demo
  expect(stdout.filter((line) => /FAULT|Error/.test(line))).toEqual([])
})
