/** The exit codes of `run` beside those of its command. */
import type { Ending } from './guard-process.ts'
import { exitCodeOf } from './signals.ts'

/** As of sysexits.h. */
export const WRONG_USAGE = 64
/** EX_TEMPFAIL: to be tried again. */
export const LEADERSHIP_LOST = 75
/** As of `timeout`. */
export const NOT_LEADING_IN_TIME = 124
export const INTERNAL = 125
/** As of a shell. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

export function codeOf(ending: Ending): number {
  switch (ending.kind) {
    case 'ended':
      return ending.signal ? exitCodeOf(ending.signal) : ending.code!
    case 'notExecutable':
      return ending.code === 'ENOENT' || ending.code === 'ENOTDIR' ? NOT_FOUND : NOT_EXECUTABLE
    case 'late':
      return LEADERSHIP_LOST
  }
}
