/** A saved session may be older than what its client still did. It has used fewer ids than this since. */
const STALE_IDS = 2 ** 20;
/** Two clients that resume one session choose different ids, unless both draw the same of so many numbers. */
const HOLDERS = 2 ** 12;

/** Where the ids of a client go on that resumes a session. @param random from 0 to below 1 */
export function idsAfter(savedId: number, random: number): number {
  return savedId + STALE_IDS * (1 + Math.floor(random * HOLDERS));
}
