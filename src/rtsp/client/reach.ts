import type { Clock } from '../../base/clock.ts';
import { SourceError } from '../../base/errors.ts';
import type { Credentials } from '../../base/rtsp-url.ts';
import type { Scope } from '../../base/scope.ts';
import type { SourceTransport } from '../../stream/source.ts';
import type { CameraPlaces } from './camera-places.ts';
import type { CameraUrl } from './camera-url.ts';
import { RtspConnection } from './connection.ts';
import { RtspDialogue } from './dialogue.ts';
import { Login } from './login.ts';
import { Redirections } from './redirection.ts';
import { describe, type Presentation } from './session.ts';
import { remoteOf } from './wire/dial.ts';
import { isTunnel, openWire } from './wire/open-wire.ts';
import type { TlsTrust } from './wire/tls-trust.ts';

export type ReachOptions = {
	readonly camera: CameraUrl;
	readonly credentials: Credentials | undefined;
	/** Whether the other side has to show that it knows the password, too (RFC 7616 section 3.5). */
	readonly mutual?: boolean;
	readonly transport: SourceTransport;
	/** As `OpenWireOptions` has it. */
	readonly tunnelPath: string | undefined;
	/** Whom to believe where the camera was configured to be; undefined: as the URL says. */
	readonly tls: TlsTrust | undefined;
	/** Where cameras may be, redirections included. */
	readonly places?: CameraPlaces | undefined;
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

/** Milliseconds for a request in flight when the source is told to stop: its answer may open a session to close. */
const ABORT_GRACE = 500;

/**
 * Connects and describes, following redirections. Credentials stay with the host they are for.
 *
 * @param scope closes the connection
 * @throws SourceError
 */
export async function reachCamera(options: ReachOptions, scope: Scope, signal: AbortSignal): Promise<Reached> {
	const { clock, userAgent, transport, responseTimeout } = options;
	const redirections = new Redirections(options.camera, isTunnel(transport));
	let { camera } = options;
	let asked: { readonly login: Login; readonly address: string } | undefined;
	for (;;) {
		const home = redirections.isHome(camera);
		const login: Login = asked?.login ?? loginAt(camera, home, options);
		const wire = await openWire({
			...options,
			...(asked && { address: asked.address }),
			camera,
			places: redirections.placesOf(camera, options.places),
			tls: trustOf(camera, home, options.tls),
			login: loginAt(camera, home, options),
			signal,
		});
		const connection = new RtspConnection(wire, { remote: remoteOf(camera), clock, responseTimeout });
		scope.defer(() => connection.close());
		// Remembered: a closed connection does not know it.
		const address = connection.remoteAddress;
		redirections.check(camera, address);
		const hurry = () => connection.hurry(ABORT_GRACE);
		signal.addEventListener('abort', hurry, { once: true });
		scope.defer(() => signal.removeEventListener('abort', hurry));
		const dialogue = new RtspDialogue({
			exchange(request, timeout) {
				if (signal.aborted && request.method !== 'TEARDOWN') return Promise.reject(stopped());
				return connection.exchange(request, timeout);
			},
			login,
			userAgent,
		});
		const presentation = await describe(dialogue, camera.requestUrl, responseTimeout).catch((failure: unknown) => {
			if (asked || !login.asked || !isClosed(failure) || address === '' || signal.aborted) throw failure;
			return undefined;
		});
		if (!presentation) {
			// Some cameras close when they have asked for the password: they get it over another connection, and no one else.
			login.repeat();
			asked = { login, address };
			continue;
		}
		if (!('location' in presentation)) return { connection, dialogue, presentation };
		connection.close();
		asked = undefined;
		camera = redirections.next(presentation.location);
	}
}

function isClosed(failure: unknown): boolean {
	return failure instanceof SourceError && failure.code === 'camera_closed';
}

function loginAt(camera: CameraUrl, home: boolean, { credentials, mutual, random }: ReachOptions): Login {
	if (home || credentials === undefined) return new Login(credentials, random, undefined, mutual);
	const missing =
		`the camera redirects to ${remoteOf(camera)}, which asks for a password; ` +
		'it is not sent to another host: if this is your camera, set its address as the source';
	return new Login(undefined, random, missing);
}

function trustOf({ security }: CameraUrl, home: boolean, tls: TlsTrust | undefined): TlsTrust | undefined {
	if (security === 'none') return undefined;
	if (!home) return 'chain';
	return tls ?? (security === 'unchecked' ? 'unchecked' : 'chain');
}

function stopped(): SourceError {
	return new SourceError('camera_closed', 'the source was stopped');
}
