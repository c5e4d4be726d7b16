/** `run --disabled`: the command as it would run while leading, without an election. */
import { codeOf, INTERNAL } from './exit-codes.ts'
import type { Guard } from './guard-process.ts'
import type { Order } from './messages.ts'
import { listenToSignals } from './signals.ts'
import type { Telling } from './telling.ts'

export async function runUnelected(guard: Guard, order: Omit<Order, 'allowance'>, telling: Telling): Promise<number> {
  using _signals = listenToSignals((name) => guard.signal(name))
  try {
    const ending = await guard.run({ ...order, allowance: undefined }, (pid) => telling.started(pid, false))
    telling.ended(ending, false)
    return codeOf(ending)
  } catch (error) {
    telling.failed(error)
    return INTERNAL
  }
}
