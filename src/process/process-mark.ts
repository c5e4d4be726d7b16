/**
 * Which process wrote a Lease, in words that another process of the same PID namespace can look up.
 *
 * A process ID is given away again, in another container as in this one. Together with the time at which the process began,
 * the PID namespace that counts it, and the boot of the kernel it is one process and no other. All of it comes from /proc:
 * where there is none (macOS, Windows) processes have no mark. Processes of two containers of a pod have different PID
 * namespaces, unless it has `shareProcessNamespace`, and can't see each other.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

export interface ProcessMark {
  /** Of the kernel: another one after each boot. */
  readonly bootId: string
  /** As /proc calls it: `pid:[4026531836]`. */
  readonly pidNamespace: string
  readonly pid: number
  /** In clock ticks since the boot. */
  readonly startTime: string
  /** 0 is the main thread. */
  readonly thread: number
}

/** What became of a process, as far as it can be told: undefined where it can't. */
export type IsRunning = (mark: ProcessMark) => boolean | undefined

/** Of this process and thread; undefined where there is no /proc, or one of another PID namespace. */
export function readProcessMark(proc = '/proc'): ProcessMark | undefined {
  try {
    const { pid, startTime } = parseStat(readFileSync(`${proc}/self/stat`, 'latin1'))
    if (pid !== process.pid) return undefined
    const bootId = readFileSync(`${proc}/sys/kernel/random/boot_id`, 'latin1').trim()
    return { bootId, pidNamespace: readlinkSync(`${proc}/self/ns/pid`), pid, startTime, thread: threadId }
  } catch {
    return undefined
  }
}

/** Whether the process still runs; to be asked only of one of this PID namespace. */
export function isRunning({ pid, startTime }: ProcessMark, proc = '/proc'): boolean | undefined {
  try {
    const found = parseStat(readFileSync(`${proc}/${pid}/stat`, 'latin1'))
    return found.startTime === startTime && !ENDED.has(found.state)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ESRCH' ? false : undefined
  }
}

export function isSameNamespace(a: ProcessMark, b: ProcessMark): boolean {
  return a.bootId === b.bootId && a.pidNamespace === b.pidNamespace
}

export function isSameProcess(a: ProcessMark, b: ProcessMark): boolean {
  return isSameNamespace(a, b) && a.pid === b.pid && a.startTime === b.startTime
}

/** Reads what `JSON.stringify` made of a mark; undefined where that is none. */
export function parseProcessMark(text: string | undefined): ProcessMark | undefined {
  try {
    const mark = JSON.parse(text ?? '')
    const isMark =
      typeof mark.bootId === 'string' &&
      typeof mark.pidNamespace === 'string' &&
      typeof mark.startTime === 'string' &&
      Number.isSafeInteger(mark.pid) &&
      Number.isSafeInteger(mark.thread)
    return isMark ? mark : undefined
  } catch {
    return undefined
  }
}

/** Zombies, which nobody has waited for, and what is about to go. */
const ENDED = new Set(['Z', 'X', 'x'])

/** `pid (name) state …`: the name may hold blanks and parentheses. The time of the start is field 22. */
function parseStat(text: string) {
  const [state, ...others] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid: Number.parseInt(text, 10), state: state!, startTime: others[18]! }
}
