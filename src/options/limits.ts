/** What Node.js sets bounds to. */

/** The longest delay a Node.js timer can have, in milliseconds (24.8 days): a longer one would fire at once. */
export const LONGEST_DELAY = 2 ** 31 - 1
