/** A file that could not be written whole must not look as if it were: `manifests >deployment.yml` on a disk that is full. */
import { messageOf } from '../errors.ts'

const CODE = 3

/** For commands that end by themselves. Whoever has read enough is gone, as `| head` is: no failure. */
export function failUnlessWritten(): void {
  let isTold = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isTold || error.code === 'EPIPE') return
    isTold = true
    console.error(`the standard output can't be written: ${messageOf(error)}`)
    process.once('exit', () => {
      process.exitCode = CODE
    })
  })
}
