import type { Clock } from '../../base/clock.ts';
import { SourceError } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { Credentials } from '../auth.ts';
import { type CameraUrl, parseCameraUrl } from './camera-url.ts';
import { RtspConnection } from './connection.ts';
import { RtspDialogue } from './dialogue.ts';
import { describe, type Presentation } from './session.ts';

export type ReachOptions = {
	readonly camera: CameraUrl;
	readonly credentials: Credentials | undefined;
	readonly clock: Clock;
	readonly userAgent: string;
	/** A number in [0, 1). */
	readonly random: () => number;
	/** Milliseconds. */
	readonly connectTimeout: number;
	/** Milliseconds. */
	readonly responseTimeout: number;
};

/** A camera that was asked what it has. */
export type Reached = {
	readonly connection: RtspConnection;
	readonly dialogue: RtspDialogue;
	readonly presentation: Presentation;
};

const MAX_REDIRECTIONS = 5;
/** Milliseconds for a request in flight when the source is told to stop: its answer may open a session to close. */
const ABORT_GRACE = 500;

/**
 * Connects and describes, following redirections. Credentials stay with the host they are for.
 *
 * @param scope closes the connection
 * @throws SourceError
 */
export async function reachCamera(options: ReachOptions, scope: Scope, signal: AbortSignal): Promise<Reached> {
	let { camera, credentials } = options;
	for (let redirections = 0; redirections <= MAX_REDIRECTIONS; redirections++) {
		const connection = await RtspConnection.open({ ...options, host: camera.host, port: camera.port, signal });
		scope.defer(() => connection.close());
		const hurry = () => connection.hurry(ABORT_GRACE);
		signal.addEventListener('abort', hurry, { once: true });
		scope.defer(() => signal.removeEventListener('abort', hurry));
		const { userAgent, random } = options;
		const dialogue = new RtspDialogue({
			exchange(request, timeout) {
				if (signal.aborted && request.method !== 'TEARDOWN') return Promise.reject(stopped());
				return connection.exchange(request, timeout);
			},
			credentials,
			userAgent,
			random,
		});
		const presentation = await describe(dialogue, camera.requestUrl);
		if (!('location' in presentation)) return { connection, dialogue, presentation };
		connection.close();
		const next = readLocation(presentation.location);
		if (next.host !== camera.host || next.port !== camera.port) credentials = undefined;
		camera = next;
	}
	throw new SourceError('camera_protocol', `the camera redirected more than ${MAX_REDIRECTIONS} times`);
}

function stopped(): SourceError {
	return new SourceError('camera_closed', 'the source was stopped');
}

function readLocation(location: string): CameraUrl {
	try {
		return parseCameraUrl(location);
	} catch (cause) {
		throw new SourceError('camera_protocol', 'the camera redirects to what is no camera URL', { cause });
	}
}
