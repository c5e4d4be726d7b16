/** What a process has used of the machine. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  /** Of processor time since the start, of the system and the user's together. */
  readonly cpuSeconds: number
  /** Resident, in megabytes. */
  readonly memory: number
}

export interface OwnUsage extends Usage {
  /** Of the engine's objects, in megabytes. */
  readonly heap: number
}

/** Of the process itself; its memory after its garbage was collected, where it was started so that it can be. */
export function ownUsage(): OwnUsage {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpuSeconds: (user + system) / 1e6, memory: rss / 2 ** 20, heap: heapUsed / 2 ** 20 }
}

/** Of another process, as Linux accounts for it. */
export function usageOf(pid: number): Usage {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return { cpuSeconds: cpuSecondsOf(pid), memory: Number(resident?.[1]) / 1024 }
}

/** To the nanosecond: the sum that Linux keeps for the whole process counts in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) => Number(readThread(pid, thread).split(' ')[0]))
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9
}

/** A thread may end while one looks. */
function readThread(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
  } catch {
    return '0'
  }
}
