import { SourceError } from '../base/errors.ts';

/** The peer sent what is not RTSP, or more than `RTSP_LIMITS` allows. The connection is of no further use. */
export class RtspSyntaxError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'RtspSyntaxError';
	}
}

/** The peer answers in RTSP 2.0, which has other rules. */
export class RtspVersionError extends RtspSyntaxError {
	constructor() {
		super('the peer answers in RTSP 2.0');
		this.name = 'RtspVersionError';
	}
}

/**
 * The reason a camera is not available, from the status it answered (RFC 2326 section 7.1.1).
 *
 * @param status anything but 2xx
 * @param method of the refused request
 */
export function sourceErrorFromStatus(status: number, method: string): SourceError {
	const facts = { status, method };
	switch (status) {
		case 401:
			return new SourceError('camera_unauthorized', 'the camera refused the user name or password; check both', {
				facts,
				permanent: true,
			});
		case 403:
			return new SourceError('camera_forbidden', 'the camera does not let this user see the stream; check its rights', {
				facts,
				permanent: true,
			});
		case 404:
			return new SourceError('camera_not_found', 'the camera has no stream at this path; check the URL', { facts });
		case 454:
			return new SourceError('camera_closed', 'the camera ended the session', { facts });
		case 461:
			return new SourceError('camera_unsupported', 'the camera refuses this transport; set another one', {
				facts,
				permanent: true,
			});
		case 503:
		case 453:
			return new SourceError('camera_refused', `the camera is busy (it answered ${status} to ${method})`, { facts });
		case 505:
			return new SourceError('camera_unsupported', 'the camera does not speak RTSP 1.0', { facts, permanent: true });
		default:
			return new SourceError('camera_protocol', `the camera answered ${status} to ${method}`, { facts });
	}
}

/**
 * The reason a camera cannot be connected, from an error of a socket or a name lookup.
 *
 * @param remote `host:port`, without credentials
 */
export function sourceErrorFromSocket(failure: Error & { code?: string }, remote: string): SourceError {
	const options = { cause: failure, facts: { remote } };
	if (failure.code === 'EPROTO' || failure.code?.startsWith('ERR_SSL')) {
		const message = `${remote} does not speak TLS as it should (${failure.code}); check the port, or use rtsp://`;
		return new SourceError('camera_protocol', message, options);
	}
	switch (failure.code) {
		case 'ECONNREFUSED':
			return new SourceError('camera_refused', `nothing listens at ${remote}; check host and port`, options);
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return new SourceError('camera_unreachable', `the name of ${remote} is not known; check the host`, options);
		case 'EHOSTUNREACH':
		case 'ENETUNREACH':
		case 'EHOSTDOWN':
		case 'EADDRNOTAVAIL':
			return new SourceError('camera_unreachable', `there is no way to ${remote}; check the network`, options);
		case 'ETIMEDOUT':
			return new SourceError('camera_timeout', `${remote} does not answer`, options);
		default:
			return new SourceError(
				'camera_closed',
				`the connection to ${remote} broke (${failure.code ?? 'unknown'})`,
				options,
			);
	}
}
