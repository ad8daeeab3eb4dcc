/** Caps of what a camera may make the client hold or do. */
export const CLIENT_LIMITS = {
	/** Bytes that may wait in the socket before frames to the camera are dropped. */
	waitingBytes: 65_536,
	/** Bytes that wait for a tunnel's POST connection, and those read of its answer. */
	tunnelQueueBytes: 65_536,
	tunnelAnswerBytes: 4096,
	redirections: 5,
	/** Times the same request is sent: without, with credentials, with a fresh nonce. */
	loginAttempts: 3,
} as const;
