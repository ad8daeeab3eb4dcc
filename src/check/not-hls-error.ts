/** The address leads to no playlist; the message says why. */
export class NotHlsError extends Error {}
