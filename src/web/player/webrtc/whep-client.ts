import type { Clock } from '../../clock.ts';
import { readProblem, sentence } from '../../gateway/problem.ts';
import { firstAnswer } from '../first-answer.ts';
import { PlaybackError } from '../playback.ts';
import { unreachable } from '../unreachable.ts';

/** `fetch`, as a parameter. */
export type Fetch = typeof fetch;

/** An open WHEP session: the SDP answer and where to end it. */
export type WhepSession = { answer: string; url: string | undefined };

/** A cold camera may take its whole start time before the gateway answers; what is silent longer is gone. */
const ANSWER_TIMEOUT_MS = 20_000;
/** An answer that is on its way when nobody wants it any more names a session, which nothing else can end. */
const LATE_ANSWER_MS = 5000;
const EXPLANATION_TIMEOUT_MS = 1000;

export type PostOptions = {
	fetch: Fetch;
	clock: Clock;
	signal: AbortSignal;
	/** Endpoints of the same stream, asked too when the first one fails or is silent. */
	others?: readonly string[] | undefined;
};

/** Another main may find another place, and another node may be well. */
const ELSEWHERE_MAY_HELP =
	/^(gateway_unreachable|cluster_unreachable|answer_invalid|no_node|too_many_sessions|stream_closed|camera_|internal|http_5)/;

/**
 * Sends the SDP offer to a WHEP endpoint (draft-ietf-wish-whep, POST).
 *
 * @throws PlaybackError the gateway's code, `gateway_unreachable`, or `answer_invalid`
 */
export function postOffer(endpoint: string, offer: string, options: PostOptions): Promise<WhepSession> {
	const { fetch, clock, signal, others = [] } = options;
	return firstAnswer({
		asks: [endpoint, ...others].map((each) => (own) => postTo(each, offer, { fetch, clock, signal: own })),
		isFinal: (failure) => !(failure instanceof PlaybackError && ELSEWHERE_MAY_HELP.test(failure.code)),
		onLate: ({ url }) => {
			if (url !== undefined) deleteSession(url, fetch);
		},
		clock,
		signal,
	});
}

async function postTo(
	endpoint: string,
	offer: string,
	options: { fetch: Fetch; clock: Clock; signal: AbortSignal },
): Promise<WhepSession> {
	const limit = new AbortController();
	const abort = () => limit.abort();
	let cancel = options.clock.after(ANSWER_TIMEOUT_MS, abort);
	const leave = () => {
		cancel();
		cancel = options.clock.after(LATE_ANSWER_MS, abort);
	};
	options.signal.addEventListener('abort', leave, { once: true });
	try {
		const response = await options.fetch(endpoint, {
			method: 'POST',
			headers: { 'Content-Type': 'application/sdp' },
			body: offer,
			signal: limit.signal,
		});
		if (!response.ok) {
			const problem = await readProblem(response);
			throw new PlaybackError(problem.code, problem.message);
		}
		const answer = await response.text();
		if (response.status !== 201 || !answer.startsWith('v=0')) {
			throw new PlaybackError('answer_invalid', 'The server does not speak WHEP at this address.');
		}
		const location = response.headers.get('Location');
		return { answer, url: location === null ? undefined : new URL(location, response.url || endpoint).href };
	} catch (thrown) {
		if (thrown instanceof PlaybackError) throw thrown;
		throw unreachable(endpoint);
	} finally {
		cancel();
		options.signal.removeEventListener('abort', leave);
	}
}

/** How far a session came, as the gateway sees it (`ended` when it is gone), and what that means as a sentence. */
export type SessionStage = { stage: string; explanation: string };

/** What the gateway saw of a session that does not come about; undefined when it cannot say. */
export async function explainSession(url: string, fetch: Fetch): Promise<SessionStage | undefined> {
	try {
		const signal = AbortSignal.timeout(EXPLANATION_TIMEOUT_MS);
		const response = await fetch(url, { headers: { Accept: 'application/json' }, signal });
		if (response.status === 404) {
			const { code, message } = await readProblem(response);
			return code === 'session_not_found' ? { stage: 'ended', explanation: message } : undefined;
		}
		if (response.status !== 200) return undefined;
		const { stage, explanation } = (await response.json()) as { stage?: unknown; explanation?: unknown };
		if (stage === 'media' || typeof stage !== 'string' || typeof explanation !== 'string') return undefined;
		return { stage, explanation: sentence(explanation) };
	} catch {
		return undefined;
	}
}

const OWN_SESSION = /\/whep\/sessions\/[^/]+$/;

/**
 * Tells a Dualcast how long after the offer the first picture was on the screen, and no other server, which would not
 * understand. Nothing depends on it.
 */
export function tellFirstFrame(session: string, milliseconds: number, fetch: Fetch): void {
	const url = new URL(session);
	if (!OWN_SESSION.test(url.pathname)) return;
	url.pathname += '/first-frame';
	const body = JSON.stringify({ after_ms: Math.round(milliseconds) });
	fetch(url.href, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).catch(() => undefined);
}

/** Ends a session. Works while the page is being left, and does not matter when it fails: the gateway notices. */
export function deleteSession(url: string, fetch: Fetch): void {
	fetch(url, { method: 'DELETE', keepalive: true }).catch(() => undefined);
}
