/** Ctrl-Z and `fg`, on the demo's tour. */
import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { hasPython, startAsJob } from '../support/command.ts'

/** Past the lease of 15 s: on waking, the leader's term is over, and its candidates count it out at once. */
const STOP = 16_000

const states = (pids: readonly number[]) =>
  execFileSync('ps', ['-o', 'stat=', '-p', pids.join(',')], { encoding: 'utf8' })
    .trim()
    .split('\n')

test.skipIf(!hasPython)(
  'the candidates stop and go on with the demo, which plays its tour to the end',
  async () => {
    const demo = startAsJob(['demo'])
    const pid = Number((await demo.line(/^job \d+$/)).split(' ')[1])
    await demo.line(/leads, fencing token/)
    const candidates = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number)
    process.kill(-pid, 'SIGTSTP') // as the terminal does
    await expect
      .poll(() => states([pid, ...candidates]))
      .toSatisfy((all: string[]) => all.every((each) => /^[TZ]/.test(each)))
    await wait(STOP)
    process.kill(-pid, 'SIGCONT')
    const { code, stdout } = await demo.exited
    expect(stdout.join('\n')).toMatch(/5 hand-overs, each with exactly one leader; 0 overlaps$/)
    expect(stdout.join('\n')).toMatch(/the demo was stopped for \d\d\.\d s/)
    expect(code).toBe(0)
  },
  120_000,
)
