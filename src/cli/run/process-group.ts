/** A process group as one thing: signalled at once, and ended once nobody of it lives. */
import { readdirSync, readFileSync } from 'node:fs'

/** A group in which nobody is left, or nobody who may be signalled, is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

/**
 * Whether a process of the group can still do anything. Zombies can't, and may stay: nobody waits for orphans where the
 * first process of a container does not.
 */
export function hasLiveMembers(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return process.platform !== 'linux' || readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isMember(entry))

  function isMember(pid: string): boolean {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
      // `pid (name) state ppid pgrp …`: the name may hold blanks and parentheses.
      const [state = '', , pgrp] = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return Number(pgrp) === group && !ENDED.includes(state)
    } catch {
      return false // it has gone meanwhile
    }
  }
}

const ENDED: readonly string[] = ['Z', 'X', 'x']

/** Milliseconds. */
const POLL = 10

/** Kills it, and resolves when nobody lives. */
export async function endGroup(group: number): Promise<void> {
  while (hasLiveMembers(group)) {
    signalGroup(group, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
}
