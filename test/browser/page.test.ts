/** The demo's page and the viewer's, in a real browser. Where there is none, each test says that it is skipped. */
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { createActor, setup } from 'xstate'
import { attachViewer } from '../../src/viewer/index.ts'
import { CHROMIUM, launch, open } from '../support/chromium.ts'
import { startDemoPage } from '../support/page-client.ts'

/** Milliseconds that an expiry and a claim may take, on a busy machine. */
const TAKEOVER = 40_000
/** Set, the pictures of the README are taken anew. */
const { SCREENSHOTS } = process.env

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe-core finds, in words. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `${await readFile(AXE, 'utf8')}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] })`,
  )
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

const panel = (page: Page, pod: string) => page.locator(`[data-pod="${pod}"]`)
const lit = (page: Page, pod: string, state: string) =>
  panel(page, pod)
    .locator('.pill.lit')
    .filter({ hasText: new RegExp(`^${state}$`) })

/** Where things stand on the page, to see that nothing has moved. */
const places = (page: Page) =>
  page.evaluate<string>(`JSON.stringify([...document.querySelectorAll('.panel, .panel button, .card')]
    .map((each) => each.getBoundingClientRect()).map(({ x, y, width }) => [x, y, width].map(Math.round)))`)

const skipped = CHROMIUM === undefined
if (skipped) console.warn('There is no Chromium here: the pages are not tested in a browser.')

test.skipIf(skipped)(
  'the leader is paused: the next one lights up, the timeline grows without an overlap, and a page that is opened late shows it all',
  async () => {
    const { url } = await startDemoPage()
    const browser = await launch()
    const { page, elsewhere, complaints } = await open(browser, url)
    const leads = page.locator('.leader[data-kind="led"]')
    await leads.waitFor({ timeout: TAKEOVER })
    const leader = /^(web-\d) leads, fencing token \d+$/.exec((await leads.textContent())!)![1]!
    await lit(page, leader, 'serving').waitFor()
    const others = ['web-1', 'web-2', 'web-3'].filter((pod) => pod !== leader)
    for (const pod of others) await lit(page, pod, 'following').waitFor()
    expect(await page.locator('.timeline .summary').textContent()).toMatch(/^1 term · .* · 0 overlaps$/)
    expect(await faultsOf(page)).toEqual([])
    const before = await places(page)

    // By the keyboard alone.
    await page.getByRole('button', { name: `Pause ${leader}` }).focus()
    await page.keyboard.press('Enter')
    await panel(page, leader)
      .locator('.badge', { hasText: /^paused/ })
      .waitFor()
    const next = page.locator('.leader', { hasNotText: leader, hasText: /^web-\d leads/ })
    await next.waitFor({ timeout: TAKEOVER })
    const follower = /^(web-\d)/.exec((await next.textContent())!)![1]!
    expect(others).toContain(follower)
    await lit(page, follower, 'serving').waitFor()
    expect(await page.locator('.timeline .summary').textContent()).toMatch(/^2 terms · .* · 0 overlaps$/)
    expect(await page.locator('.lane.overlaps .bar').count()).toBe(0)
    expect(await page.locator('.lane.nobody .bar').count()).toBe(1)
    expect(await panel(page, leader).locator('.countdown[data-over]').count()).toBe(3)
    expect(await page.getByLabel('The Lease as YAML').textContent()).toContain(`holderIdentity: ${follower}`)
    expect(await places(page)).toBe(before)

    const late = await open(browser, url, { colorScheme: 'dark' })
    await lit(late.page, follower, 'serving').waitFor()
    const said = (of: Page) =>
      Promise.all([of.locator('.leader'), of.locator('.timeline tbody')].map((each) => each.textContent()))
    expect(await said(late.page)).toEqual(await said(page))
    expect(await faultsOf(late.page)).toEqual([])
    await takePictures(page, late.page)

    // A narrow one has all of it, and nothing beside it.
    await late.page.setViewportSize({ width: 400, height: 800 })
    expect(await late.page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    expect(await faultsOf(late.page)).toEqual([])
    expect([...elsewhere, ...late.elsewhere]).toEqual([])
    expect([...complaints, ...late.complaints]).toEqual([])
  },
  120_000,
)

test.skipIf(skipped)('what can not be done is told on the page; and so is that the demo has ended', async () => {
  const { demo, url } = await startDemoPage()
  const browser = await launch()
  const { page } = await open(browser, url)
  await page.locator('.leader[data-kind="led"]').waitFor({ timeout: TAKEOVER })
  const add = page.getByRole('button', { name: 'Add a candidate' })
  for (let count = 4; count <= 8; count += 1) {
    await add.click()
    await panel(page, `web-${count}`).waitFor()
  }
  await add.click()
  await page.getByRole('alert').filter({ hasText: '8 candidates run already, and more may not.' }).waitFor()
  const outage = page.getByRole('button', { name: 'API outage' })
  await outage.click()
  await page.locator('.requests .struck', { hasText: '503, outage' }).first().waitFor()
  expect(await outage.getAttribute('aria-pressed')).toBe('true')
  demo.process.kill('SIGTERM')
  await page.getByRole('alert').filter({ hasText: 'The demo has ended' }).waitFor()
})

const kettle = setup({}).createMachine({
  id: 'kettle',
  initial: 'cold',
  context: { litres: 1n },
  states: {
    cold: { on: { heat: 'heating' } },
    heating: {
      type: 'parallel',
      states: {
        element: { initial: 'on', states: { on: {}, off: {} } },
        attempts: { initial: 'try1', states: { try1: { on: { again: 'try2' } }, try2: {}, try3: {} } },
      },
    },
  },
})

test.skipIf(skipped)("the viewer draws a machine that is not the election's, and lights what it enters", async () => {
  const actor = createActor(kettle).start()
  await using viewer = await attachViewer(actor, { name: 'kitchen' })
  const browser = await launch()
  const { page, elsewhere, complaints } = await open(browser, viewer.url)
  const states = page.locator('[aria-current] > .name')
  const own = page.getByRole('article', { name: 'kettle, kitchen' })
  await own.waitFor()
  expect(await states.allInnerTexts()).toEqual(['cold'])
  actor.send({ type: 'heat', why: 'tea, '.repeat(100) } as never)
  actor.send({ type: 'again' })
  await own.getByText('attempts: try1 → try2').waitFor()
  expect(await states.allInnerTexts()).toEqual(['heating', 'element', 'on', 'attempts'])
  expect(await own.locator('.dot.lit').allTextContents()).toEqual(['try2'])
  expect(await faultsOf(page)).toEqual([])
  const late = await open(browser, viewer.url)
  // However long its events are.
  expect(await late.page.evaluate('document.documentElement.scrollWidth')).toBe(1280)
  expect(await late.page.locator('.paths').textContent()).toBe(await own.locator('.paths').textContent())
  await viewer.close()
  await page.getByRole('status').filter({ hasText: 'the process has ended' }).waitFor()
  expect([elsewhere, complaints.filter((each) => !each.includes('net::ERR'))]).toEqual([[], []])
})

test.skipIf(skipped)(
  'times are right again after the machine has slept, and stand still once the process has ended',
  async () => {
    const egg = setup({ delays: { boiled: 60_000 } }).createMachine({
      id: 'egg',
      initial: 'raw',
      states: { raw: { after: { boiled: 'hard' } }, hard: {} },
    })
    await using viewer = await attachViewer(createActor(egg).start())
    const browser = await launch()
    const { page } = await open(browser, viewer.url)
    const left = page.getByText(/^after boiled: 5\d\.\d s$/)
    await left.waitFor()
    await page.clock.setSystemTime(Date.now() + 3_600_000)
    await page.getByText('after boiled: 0.0 s').waitFor()
    await left.waitFor()
    await viewer.close()
    await page.getByRole('status').filter({ hasText: 'the process has ended' }).waitFor()
    const last = await left.textContent()
    // Five of the moments at which it would count.
    await page.evaluate(`new Promise((done) => {
    let moments = 0
    setInterval(() => (moments += 1) === 5 && done(), 100)
  })`)
    expect(await left.textContent()).toBe(last)
  },
)

/** Down to the end of the timeline. */
async function takePictures(light: Page, dark: Page): Promise<void> {
  if (!SCREENSHOTS) return
  for (const [name, page] of Object.entries({ light, dark })) {
    const path = new URL(`../../visualizations/page-${name}.png`, import.meta.url)
    await page.evaluate('document.activeElement.blur()')
    const { y, height } = (await page.locator('.timeline').boundingBox())!
    const clip = { x: 0, y: 0, width: 1280, height: Math.ceil(y + height) + 14 }
    await writeFile(path, await page.screenshot({ fullPage: true, clip, animations: 'disabled' }))
  }
}
