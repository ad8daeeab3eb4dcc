import { SourceError } from '../../base/errors.ts';
import { parseSdp } from '../../media/sdp/sdp.ts';
import { type SdpTrack, tracksFromSdp } from '../../media/sdp/tracks.ts';
import type { SkippedMedia } from '../../media/track.ts';
import { NothingToPlayError } from '../../stream/source.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import { buildTransport, parseTransport } from '../transport-header.ts';
import { presentationUrl, trackUrl } from './control-url.ts';
import type { RtspDialogue } from './dialogue.ts';
import type { MediaReceiver } from './transport/media-receiver.ts';
import type { MediaPath, MediaTransport } from './transport/media-transport.ts';

/** What a camera offers, by its DESCRIBE. */
export type Presentation = {
	/** Of the whole: what PLAY and TEARDOWN name. */
	readonly url: string;
	/** What DESCRIBE named. */
	readonly requestUrl: string;
	readonly tracks: readonly SdpTrack[];
	readonly skipped: readonly SkippedMedia[];
	/** What the camera calls itself (RFC 2326 section 12.36). */
	readonly server: string | undefined;
	/** The camera knows GET_PARAMETER. */
	readonly getParameter: boolean;
};

/** What is set up and will be played. */
export type Arrangement = {
	readonly tracks: readonly SdpTrack[];
	readonly skipped: readonly SkippedMedia[];
	readonly paths: readonly MediaPath[];
};

/** A camera that is somewhere else. */
export type Redirection = { readonly location: string };

/** The camera refused the SETUP that decides, in a way that another transport may cure. */
export type TransportRefusal = {
	readonly refused: SourceError;
	/** In a few words, for people: `461`. */
	readonly why: string;
};

const MAX_SERVER_NAME = 80;
const REDIRECTIONS = [301, 302, 303, 305, 307];
/** Milliseconds for an answer to OPTIONS; cameras that do not know it may say nothing. */
const OPTIONS_TIMEOUT = 3000;

/**
 * OPTIONS and DESCRIBE (RFC 2326 sections 10.1 and 10.2).
 *
 * @param responseTimeout milliseconds
 * @throws SourceError when there is nothing to play, and why
 */
export async function describe(
	dialogue: RtspDialogue,
	url: string,
	responseTimeout: number,
): Promise<Presentation | Redirection> {
	const options = await askOptions(dialogue, url, Math.min(OPTIONS_TIMEOUT, responseTimeout));
	const answer = await dialogue.call('DESCRIBE', url, { Accept: 'application/sdp' });
	if (REDIRECTIONS.includes(answer.status)) {
		return { location: answer.headers.get('Location') ?? '' };
	}
	if (answer.status !== 200) throw sourceErrorFromStatus(answer.status, 'DESCRIBE');
	const description = parseSdp(new TextDecoder().decode(answer.body));
	if (description.sections.length === 0) {
		throw new SourceError(
			'camera_protocol',
			'the camera describes no media; its answer to DESCRIBE is empty or broken',
		);
	}
	const { tracks, skipped } = tracksFromSdp(description);
	const server = serverName(answer.headers.get('Server') ?? options.server);
	if (tracks.length === 0) throw nothingToPlay(skipped, server);
	const methods = `${options.methods},${answer.headers.get('Public') ?? ''}`;
	return {
		url: presentationUrl(url, answer.headers, description.control),
		requestUrl: url,
		tracks,
		skipped,
		server,
		getParameter: /\bGET_PARAMETER\b/i.test(methods),
	};
}

/**
 * SETUP of each track (RFC 2326 section 10.4), the picture first: it decides whether the transport will do, and a
 * sound that the camera refuses is left out.
 *
 * @throws SourceError when no transport can help
 */
export async function setUp(
	dialogue: RtspDialogue,
	presentation: Presentation,
	transport: MediaTransport,
	receiver: MediaReceiver,
): Promise<Arrangement | TransportRefusal> {
	const taken = new Set<SdpTrack>();
	const skipped = [...presentation.skipped];
	const paths: MediaPath[] = [];
	const leaveOut = ({ track: { kind, codec } }: SdpTrack, reason: string) => skipped.push({ kind, codec, reason });
	for (const track of presentation.tracks.toSorted(pictureFirst)) {
		const path = await transport.open();
		const url = trackUrl(presentation.url, track.control);
		const answer = await dialogue.call('SETUP', url, { Transport: buildTransport(path.request) });
		if (answer.status !== 200) {
			if (taken.size === 0) return refusal(answer.status, transport.lower);
			leaveOut(track, `The camera answered ${answer.status} to its SETUP.`);
			continue;
		}
		const chosen = parseTransport(answer.headers.get('Transport') ?? '')[0];
		const lane = receiver.addLane(track, (bytes) => path.sendRtcp(bytes));
		const mismatch = await path.accept(chosen, lane);
		if (mismatch !== undefined) {
			if (taken.size === 0) return otherTransport(mismatch, transport.lower);
			receiver.removeLane(lane);
			leaveOut(track, `The camera does not send it by ${transport.lower}: ${mismatch}.`);
			continue;
		}
		taken.add(track);
		paths.push(path);
	}
	return { tracks: presentation.tracks.filter((track) => taken.has(track)), skipped, paths };
}

function pictureFirst(a: SdpTrack, b: SdpTrack): number {
	return Number(b.track.kind === 'video') - Number(a.track.kind === 'video');
}

/** What the camera says of itself by OPTIONS; a refusal or silence is of no consequence. */
async function askOptions(
	dialogue: RtspDialogue,
	url: string,
	timeout: number,
): Promise<{ methods: string; server: string | undefined }> {
	try {
		const { headers } = await dialogue.ask('OPTIONS', url, timeout);
		return { methods: headers.get('Public') ?? '', server: headers.get('Server') };
	} catch (failure) {
		if (failure instanceof SourceError && failure.code === 'camera_timeout') return { methods: '', server: undefined };
		throw failure;
	}
}

function refusal(status: number, lower: MediaTransport['lower']): TransportRefusal {
	const refused = sourceErrorFromStatus(status, 'SETUP');
	const curable = status === 400 || status === 404 || status === 461 || status >= 500;
	// A version is no matter of transport.
	if (!curable || status === 505) throw refused;
	if (status === 461 && lower === 'multicast') {
		const message = 'the camera does not offer multicast here; switch it on at the camera, or set transport to auto';
		return { refused: new SourceError('camera_unsupported', message, { permanent: true }), why: '461' };
	}
	return { refused, why: String(status) };
}

/** The camera agreed to a transport that it was not asked for. */
function otherTransport(chosen: string, lower: MediaTransport['lower']): TransportRefusal {
	const message = `the camera does not send by ${lower}: ${chosen}; set transport to auto`;
	return { refused: new SourceError('camera_unsupported', message, { permanent: true }), why: chosen };
}

function nothingToPlay(skipped: readonly SkippedMedia[], server: string | undefined): SourceError {
	const reasons = skipped.map(({ kind, codec, reason }) => `${kind} ${codec}: ${reason}`).join(' ');
	const message = `the camera offers nothing that can be played. ${reasons}`.trim();
	return new NothingToPlayError(message, skipped, server);
}

/** Fit for people's eyes: it is shown as it is. */
function serverName(header: string | undefined): string | undefined {
	const name = header
		?.replace(/[^\x20-\x7e]/g, '')
		.trim()
		.slice(0, MAX_SERVER_NAME);
	return name === '' ? undefined : name;
}
