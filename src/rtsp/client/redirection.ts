import { SourceError } from '../../base/errors.ts';
import { redact } from '../../base/redact.ts';
import { isLocal, type Places, withoutLocal } from './camera-places.ts';
import { type CameraUrl, parseCameraUrl } from './camera-url.ts';
import { CLIENT_LIMITS } from './limits.ts';
import { remoteOf } from './wire/dial.ts';

/** Follows a camera from place to place (RFC 2326 section 11.3), with an end. */
export class Redirections {
	readonly #first: CameraUrl;
	readonly #visited: string[];
	readonly #tunnelled: boolean;
	#firstWasLocal = false;

	/** @param tunnelled as `parseCameraUrl` has it */
	constructor(first: CameraUrl, tunnelled: boolean) {
		this.#first = first;
		this.#visited = [first.requestUrl];
		this.#tunnelled = tunnelled;
	}

	/**
	 * @param location as the camera wrote it
	 * @throws SourceError when it is no camera's, gives up TLS, or after too many
	 */
	next(location: string): CameraUrl {
		const next = readLocation(location, this.#tunnelled);
		if (this.#visited.length > CLIENT_LIMITS.redirections) {
			const circle = this.#visited.includes(next.requestUrl) ? ', in a circle' : '';
			throw wrong(`the camera redirected more than ${CLIENT_LIMITS.redirections} times${circle}`);
		}
		if (this.#first.security !== 'none' && next.security === 'none') {
			throw wrong('the camera redirects from rtsps:// to rtsp://, which is not encrypted; it is not followed');
		}
		this.#visited.push(next.requestUrl);
		return next;
	}

	/** Still where the user sent us: what is set for the camera (password, certificate) is for this place. */
	isHome({ host, port, security }: CameraUrl): boolean {
		const first = this.#first;
		return host.toLowerCase() === first.host.toLowerCase() && port === first.port && security === first.security;
	}

	/**
	 * Where the connection to a camera may go: one of the network must not lead to this machine or its link.
	 *
	 * @param places where cameras may be
	 */
	placesOf(camera: CameraUrl, places: Places | undefined): Places | undefined {
		if (this.#visited.length === 1 || this.#firstWasLocal) return places;
		return withoutLocal(places, () => notFollowed(camera));
	}

	/**
	 * To be called with the address of each connection.
	 *
	 * @throws SourceError when it is one where the connection must not go
	 */
	check(camera: CameraUrl, address: string): void {
		const local = isLocal(address);
		if (this.#visited.length === 1) this.#firstWasLocal = local;
		else if (local && !this.#firstWasLocal) throw notFollowed(camera);
	}
}

function notFollowed(camera: CameraUrl): SourceError {
	return wrong(`the camera redirects to ${remoteOf(camera)}; it is not followed`);
}

/** Of a name: 253 (RFC 1035 section 2.3.4). */
const HOST = /^[\x21-\x7e]{1,253}$/;

/** People read the host in errors: what none can have is not let through. */
function readLocation(location: string, tunnelled: boolean): CameraUrl {
	try {
		const next = parseCameraUrl(location, tunnelled);
		if (!HOST.test(next.host)) throw wrong('the host is none');
		return next;
	} catch (cause) {
		const scheme = /^\s*([a-z][a-z0-9+.-]{0,19}):/i.exec(location)?.[1];
		const where = scheme === undefined ? 'a place without an address' : `${redact(scheme.toLowerCase())}:`;
		throw new SourceError('camera_protocol', `the camera redirects to what is no camera URL (${where})`, { cause });
	}
}

function wrong(message: string): SourceError {
	return new SourceError('camera_protocol', message);
}
