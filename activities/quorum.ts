/** Thanos Receive's write quorum (domain F8; thanos pkg/receive/handler.go, T#7669). */

/** How many members must take a sample for the write to succeed: RF1→1, RF2→1 (Thanos ≥ 0.37), RF3→2. */
export function writeQuorum(replicationFactor: number): number {
  return replicationFactor === 2 ? 1 : Math.floor(replicationFactor / 2) + 1;
}

/**
 * How many of `members` must be ready for *every* series to find a quorum. A series lives on as many members as the
 * replication factor says, so all but (factor − quorum) members are needed; with as many members as the factor that is
 * the write quorum itself.
 */
export function readyNeeded(members: number, replicationFactor: number): number {
  const quorum = writeQuorum(replicationFactor);
  return Math.max(quorum, members - (replicationFactor - quorum));
}
