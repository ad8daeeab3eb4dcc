/** Characters of a token; a longer one is refused unread. */
export const MAX_TOKEN_LENGTH = 8192;
/** Stream patterns in one token. */
export const MAX_PATTERNS = 64;
/** Characters of a subject, token id, node or pattern. */
export const MAX_NAME_LENGTH = 256;
/** Checked tokens that are remembered. */
export const MAX_REMEMBERED_TOKENS = 8192;
/** Revoked tokens and subjects that are remembered. */
export const MAX_REVOCATIONS = 100_000;
/** Bytes of an issuer's key set, and keys in it. */
export const MAX_KEY_SET_BYTES = 65_536;
export const MAX_KEYS = 64;
/** Callers whose attempts are counted at once. */
export const MAX_COUNTED_CALLERS = 10_000;
/** Refused guesses that are remembered, so that each counts once. */
export const MAX_COUNTED_GUESSES = 20_000;
