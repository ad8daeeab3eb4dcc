import { type Request, type RequestHandler, Router } from 'express';
import type { Wish } from '../../auth/access.ts';
import type { Auth } from '../../auth/auth.ts';
import { systemClock } from '../../base/clock.ts';
import { methodNotAllowed } from '../error-handler.ts';
import { grantOf, guard } from '../guard.ts';
import { hasLeft, noteDeparture } from './departure.ts';

/** Where players of this node's viewers listen. */
export interface GuidePort {
	readonly size: number;
	/** @returns to be called when the player is gone */
	join(listener: (event: { readonly type: string; readonly data: object }) => void): () => void;
}

type GuideAuth = Pick<Auth, 'access' | 'sessions'>;

/** Proxies cut what is silent. */
const HEARTBEAT_MS = 15_000;
/** Further players do without. */
const MAX_PLAYERS = 20_000;

/**
 * `GET /api/v1/cluster/guide`: Server-Sent Events for the player of a viewer, who is to read something here. `place`
 * says which node this is and which mains to ask when it is gone, `move` that it is to be left, `end` that the viewer's
 * token is over. Outside a cluster the answer is 204, after which an `EventSource` does not ask again. `?stream=` names
 * what the viewer watches: who decides about each stream for itself can say yes then.
 */
export function viewerGuideRouter(guide: GuidePort | undefined, { access, sessions }: GuideAuth): Router {
	const router = Router({ caseSensitive: true });
	const onlyGet = methodNotAllowed('GET');
	const checks = access.isPublic ? [] : [noteDeparture, guard(access, watchedStream, 'webrtc')];
	router
		.route('/')
		.all(anyOrigin)
		// Express would answer it by GET, which does not end.
		.head(onlyGet)
		.get(...checks, (_request, response) => {
			if (hasLeft(response)) return;
			if (!guide || guide.size >= MAX_PLAYERS) {
				response.status(204).end();
				return;
			}
			response.status(200).setHeader('Content-Type', 'text/event-stream').setHeader('Cache-Control', 'no-store');
			// nginx would keep the events until a buffer is full.
			response.setHeader('X-Accel-Buffering', 'no').flushHeaders();
			const heartbeat = systemClock.every(HEARTBEAT_MS, () => response.write(':\n\n'));
			const leave = guide.join(({ type, data }) => response.write(eventOf(type, data)));
			let unwatch = () => {};
			const stop = () => {
				response.off('close', stop);
				heartbeat.cancel();
				leave();
				unwatch();
			};
			response.on('close', stop);
			const grant = grantOf(response);
			if (!grant) return;
			unwatch = sessions.add(grant, (code) => {
				stop();
				response.end(eventOf('end', { code }));
			});
		})
		.all(onlyGet);
	return router;
}

function eventOf(type: string, data: object): string {
	return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function watchedStream({ originalUrl }: Request): Wish {
	const stream = new URLSearchParams(originalUrl.split('?', 2)[1]).get('stream') ?? '';
	return { action: 'read', ...(stream !== '' && { stream }) };
}

const anyOrigin: RequestHandler = (_request, response, next) => {
	response.setHeader('Access-Control-Allow-Origin', '*');
	next();
};
