/** The machine's monotonic clock, in milliseconds: the same one in every process, so that their times can be compared. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
