import { SourceError } from '../../base/errors.ts';
import { parseSdp } from '../../media/sdp.ts';
import { type SdpTrack, tracksFromSdp } from '../../media/sdp-tracks.ts';
import type { SkippedMedia } from '../../media/track.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import { buildTransport, parseTransport } from '../transport-header.ts';
import { presentationUrl, trackUrl } from './control-url.ts';
import type { RtspDialogue } from './dialogue.ts';
import type { MediaReceiver } from './media-receiver.ts';
import type { MediaPath, MediaTransport } from './media-transport.ts';

/** What a camera offers, by its DESCRIBE. */
export type Presentation = {
	/** Of the whole: what PLAY and TEARDOWN name. */
	readonly url: string;
	readonly tracks: readonly SdpTrack[];
	readonly skipped: readonly SkippedMedia[];
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

/** The camera refused the first SETUP in a way that another transport may cure. */
export type TransportRefusal = { readonly refused: SourceError; readonly status: number };

const REDIRECTIONS = [301, 302, 303, 307];

/**
 * OPTIONS and DESCRIBE (RFC 2326 sections 10.1 and 10.2).
 *
 * @throws SourceError when there is nothing to play, and why
 */
export async function describe(dialogue: RtspDialogue, url: string): Promise<Presentation | Redirection> {
	// A refusal is of no consequence: some cameras do not know OPTIONS or want a password for it.
	const options = await dialogue.ask('OPTIONS', url);
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
	if (tracks.length === 0) throw nothingToPlay(skipped);
	const methods = `${options.headers.get('Public') ?? ''},${answer.headers.get('Public') ?? ''}`;
	return {
		url: presentationUrl(url, answer.headers, description.control),
		tracks,
		skipped,
		getParameter: /\bGET_PARAMETER\b/i.test(methods),
	};
}

/**
 * SETUP of each track (RFC 2326 section 10.4). A track that is refused while another is set up is left out.
 *
 * @throws SourceError when no transport can help
 */
export async function setUp(
	dialogue: RtspDialogue,
	presentation: Presentation,
	transport: MediaTransport,
	receiver: MediaReceiver,
): Promise<Arrangement | TransportRefusal> {
	const tracks: SdpTrack[] = [];
	const skipped = [...presentation.skipped];
	const paths: MediaPath[] = [];
	for (const track of presentation.tracks) {
		const path = await transport.open();
		const url = trackUrl(presentation.url, track.control);
		const answer = await dialogue.call('SETUP', url, { Transport: buildTransport(path.request) });
		if (answer.status !== 200) {
			if (tracks.length === 0) return refusal(answer.status);
			const { kind, codec } = track.track;
			skipped.push({ kind, codec, reason: `The camera answered ${answer.status} to its SETUP.` });
			continue;
		}
		const chosen = parseTransport(answer.headers.get('Transport') ?? '')[0];
		path.accept(
			chosen,
			receiver.addLane(track, (bytes) => path.sendRtcp(bytes)),
		);
		tracks.push(track);
		paths.push(path);
	}
	return { tracks, skipped, paths };
}

/**
 * PLAY (RFC 2326 section 10.5). Media may come before its answer does.
 *
 * @throws SourceError when the camera refuses
 */
export async function play(
	dialogue: RtspDialogue,
	presentation: Presentation,
	arrangement: Arrangement,
): Promise<void> {
	const range = { Range: 'npt=0-' };
	const answer = await dialogue.call('PLAY', presentation.url, range);
	if (answer.status === 200) return;
	// 459: aggregate operation not allowed.
	if (answer.status !== 459) throw sourceErrorFromStatus(answer.status, 'PLAY');
	for (const track of arrangement.tracks) {
		const single = await dialogue.call('PLAY', trackUrl(presentation.url, track.control), range);
		if (single.status !== 200) throw sourceErrorFromStatus(single.status, 'PLAY');
	}
}

function refusal(status: number): TransportRefusal {
	const refused = sourceErrorFromStatus(status, 'SETUP');
	if (status === 400 || status === 404 || status === 461 || status >= 500) return { refused, status };
	throw refused;
}

function nothingToPlay(skipped: readonly SkippedMedia[]): SourceError {
	const reasons = skipped.map(({ kind, codec, reason }) => `${kind} ${codec}: ${reason}`).join(' ');
	return new SourceError('camera_unsupported', `the camera offers nothing that can be played. ${reasons}`.trim(), {
		permanent: true,
	});
}
