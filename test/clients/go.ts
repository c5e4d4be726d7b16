/** Whether there is a Go to build clients with. */
import { execFileSync } from 'node:child_process'

export const isInstalled = (() => {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('Go is not installed: the tests of client-go are skipped')
    return false
  }
})()
