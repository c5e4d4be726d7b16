/** The demo as one meets it: on a terminal, in a pipe. That it plays its tour, `npm start` shows. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { hasPython, startCommand, startOnTerminal } from './support/command.ts'

/** Below the 15 s of its Lease: who takes less has not waited for a hand-over. */
const AT_ONCE = 5_000
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[3\\dm`)
const INTERRUPT = '\x03'
const SUSPEND = '\x1a'

/** The processes that it started and that still run. */
function candidatesOf(pid: number): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test.each([
  [/^API server at/, 0],
  [/^1\. first election/, 3],
  [/web-\d: leads, fencing token/, 3],
])(
  'when its reader has gone at %s, as `| head` does, it ends quietly and with all of its processes',
  async (line, least) => {
    const demo = startCommand(['demo'])
    await demo.line(line)
    let candidates: number[] = []
    const look = () => {
      candidates = candidatesOf(demo.process.pid!)
      return candidates.length
    }
    // On a busy machine one may lead before the last one has been started, or be stopped before it has been looked at.
    await expect.poll(look).toBeGreaterThanOrEqual(least)
    demo.process.stdout!.destroy()
    expect(await demo.exited).toMatchObject({ code: 0, signal: null, stderr: [] })
    // What was killed with its parent is there until somebody has waited for it.
    await expect.poll(() => candidates.filter(isRunning)).toEqual([])
  },
)

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('%s ends it at once, also while it starts', async (signal, code) => {
  const demo = startCommand(['demo'])
  await demo.line(/^1\. first election/)
  const candidates = candidatesOf(demo.process.pid!)
  demo.process.kill(signal)
  expect(await demo.exited).toMatchObject({ code, stderr: [] })
  expect(candidates.filter(isRunning)).toEqual([])
})

test.skipIf(!hasPython)('keys during a hand-over are said to be ignored, and q ends it at once', async () => {
  const demo = startOnTerminal(['demo'])
  await demo.line(/q quit/)
  demo.type('d')
  await demo.line(/d is ignored: not over yet is "first election"/)
  await demo.line(/nobody led; web-\d leads since/)
  await demo.line(/●.*web-\d.* has led for \d\.\d s/)
  demo.type('x')
  await demo.line(/"x" is no key of the demo; \? tells which are/)
  demo.type(SUSPEND) // there is no shell that could continue it: it goes on
  demo.type('?k')
  await demo.line(/✕.*nobody has led for \d\.\d s/)
  expect(demo.stdout.filter((line) => line.includes('q quit'))).toHaveLength(2)
  demo.type('k')
  await demo.line(/k is ignored: not over yet is "the leader is killed, and its node with it"/)
  expect(demo.stdout.join('\n')).toMatch(COLOUR)
  const typedAt = performance.now()
  demo.type('q')
  const { code, stdout } = await demo.exited
  expect(code).toBe(0)
  expect(performance.now() - typedAt).toBeLessThan(AT_ONCE)
  expect(stdout.join('\n')).not.toMatch(/FAILED|FAULT|Error/)
})

test.skipIf(!hasPython)(
  'Ctrl-C ends it at once in the middle of a hand-over; NO_COLOR takes the colours away',
  async () => {
    const demo = startOnTerminal(['demo'], { NO_COLOR: '1' })
    await demo.line(/nobody led; web-\d leads since/)
    demo.type('p')
    await demo.line(/‖ .*nobody has led for|‖ .*has led for/)
    const typedAt = performance.now()
    demo.type(INTERRUPT)
    const { code, stdout } = await demo.exited
    expect(code).toBe(130)
    expect(performance.now() - typedAt).toBeLessThan(AT_ONCE)
    expect(stdout.join('\n')).not.toMatch(COLOUR)
  },
)
