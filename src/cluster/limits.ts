/** Nodes in the table; further ones are not seen. */
export const MAX_NODES = 500;
/** Streams with viewers that a node tells of, those with most viewers first. */
export const MAX_TOLD_STREAMS = 1000;
/** Streams that a main offers to the cluster. */
export const MAX_OFFERS = 5000;
/** Leases asked for in one heartbeat beyond those held; the others wait for the next one. */
export const MAX_CLAIMS = 500;
/** Commands to Redis that wait for their answer. */
export const MAX_PENDING_COMMANDS = 2000;
/** Revocations that are kept in Redis. */
export const MAX_SHARED_REVOCATIONS = 100_000;
/** Bytes of a message between nodes. */
export const MAX_MESSAGE_LENGTH = 4096;
/** Streams whose highest fence is remembered. */
export const MAX_FENCES = 20_000;
/** Viewers placed while Redis does not know of them yet. */
export const MAX_UNSHARED_PLACES = 10_000;
