import { EXIT, signalExitCode } from './exit-code.ts';

/** The part of the process that stops it. */
export interface ProcessEvents {
	on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
	on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
	/** Ends the process at once. */
	exit(code: number): void;
}

/** Why the process is to end. */
export type StopRequest = { reason: string; error?: unknown; exitCode: number };

/**
 * Settles with the first SIGINT or SIGTERM, or the first error nobody caught. A second of them ends the process
 * at once.
 */
export function stopRequest(events: ProcessEvents): Promise<StopRequest> {
	return new Promise((resolve) => {
		let requested = false;
		const request = (stop: StopRequest, impatientCode: number) => {
			if (requested) events.exit(impatientCode);
			requested = true;
			resolve(stop);
		};
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			events.on(signal, () => request({ reason: signal, exitCode: EXIT.ok }, signalExitCode(signal)));
		}
		events.on('uncaughtException', (error) =>
			request({ reason: 'an error nobody caught', error, exitCode: EXIT.failure }, EXIT.failure),
		);
	});
}
