import { type Request, type Response, Router } from 'express';
import { DualcastError } from '../base/errors.ts';
import { DEMO_SOURCE } from '../config/source.ts';
import { type StreamSettings, stream } from '../config/stream.ts';
import { checked } from './checked-body.ts';
import { methodNotAllowed } from './error-handler.ts';
import type { ProbePort } from './ports.ts';
import { jsonBody } from './request-body.ts';

const MAX_REQUEST_BYTES = 8 * 1024;

/**
 * `POST /api/v1/probe`: connects to a camera once and says what it sends and where it plays. The body is a camera as
 * under `streams` in the configuration. Only JSON is taken: another site's page cannot send it unasked, and nothing
 * of what a host that is no camera answers is handed on.
 */
export function probeRouter(probe: ProbePort | undefined): Router {
	const router = Router({ caseSensitive: true });
	const body = jsonBody(MAX_REQUEST_BYTES);

	router.route('/').post(body, answer).all(methodNotAllowed('POST'));

	return router;

	async function answer(request: Request, response: Response): Promise<void> {
		if (!probe) {
			throw new DualcastError(
				'probe_disabled',
				'probing is switched off; set probe.enabled to true in the configuration',
				{ facts: { config_key: 'probe.enabled' } },
			);
		}
		const settings = readCamera(request.body);
		const gone = new AbortController();
		response.on('close', () => gone.abort());
		const report = await probe.run(settings, gone.signal);
		if (!gone.signal.aborted) response.json(report);
	}
}

/** @throws DualcastError `request_invalid` naming the field */
function readCamera(body: unknown): StreamSettings {
	const camera = checked(stream, body);
	if (camera.source === DEMO_SOURCE) {
		throw new DualcastError('request_invalid', 'source: the built-in camera is no address; give that of a camera');
	}
	return camera;
}
