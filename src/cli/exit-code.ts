/** What the process answers to the shell. */
export const EXIT = {
	ok: 0,
	/** A port in use, or anything else that went wrong while running. */
	failure: 1,
	/** A command line or a configuration that cannot be used. */
	usage: 2,
} as const;

/** What a shell reports for a process ended by a signal. */
export function signalExitCode(signal: 'SIGINT' | 'SIGTERM'): number {
	return 128 + (signal === 'SIGINT' ? 2 : 15);
}
