/** Keeps what nobody caught from ending the test run, for as long as a test wants to look at it. */
export function collectUncaught(): Disposable & { readonly errors: unknown[] } {
  const errors: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => void errors.push(error))
  return {
    errors,
    [Symbol.dispose]() {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    },
  }
}
