/**
 * The time since the machine was started, suspends included: a clock that nobody can set.
 *
 * - Linux: /proc/uptime, in steps of 10 ms, where it is the kernel's own. `os.uptime` opens that file at every call, which
 *   takes most of 10 µs; a file that stays open is read in a third of that. One that was mounted over it (lxcfs does, in
 *   whole seconds and by way of a daemon) is no clock to rely on.
 * - Windows: `os.uptime`, which is GetTickCount64, in steps of up to 16 ms.
 * - macOS needs none: Node.js's monotonic clock is mach_continuous_time there, which counts suspends itself.
 * - Elsewhere there is none: FreeBSD's `os.uptime` is its monotonic clock, in whole seconds.
 */
import { openSync, readSync, statSync } from 'node:fs'
import { uptime } from 'node:os'

/** Milliseconds since the machine was started; undefined where nothing tells. */
export type BootClock = () => number | undefined

let found: BootClock | undefined

/** Asks this machine's clock, which is looked for once. */
export function readBootClock(): number | undefined {
  found ??= findBootClock()
  return found()
}

export function findBootClock(platform: NodeJS.Platform = process.platform, file = '/proc/uptime'): BootClock {
  if (platform === 'win32') return () => uptime() * 1_000
  return platform === 'linux' ? kernelClock(file) : noClock
}

const noClock: BootClock = () => undefined

function kernelClock(file: string): BootClock {
  let descriptor: number
  try {
    if (statSync(file).dev !== statSync('/proc/self').dev) return noClock
    descriptor = openSync(file, 'r')
  } catch {
    return noClock
  }
  const text = Buffer.alloc(64)
  return () => {
    try {
      // Seconds with two decimals come first.
      return Number.parseFloat(text.toString('latin1', 0, readSync(descriptor, text, 0, text.length, 0))) * 1_000
    } catch {
      return undefined
    }
  }
}
