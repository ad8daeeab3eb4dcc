import type { H265Track, VideoFacts } from '../../media/track.ts';
import type { OfferedCodec } from './offered-section.ts';

/** Main profile, Main tier, level 3.1: what an offer means that says nothing (RFC 7798 section 7.1). */
const DEFAULTS = { 'profile-id': 1, 'tier-flag': 0, 'level-id': 93 } as const;

/**
 * Picks the offered H.265 payload type for a stream: the same profile (or Main 10 for Main), a tier and a level that
 * cover the stream's, over one RTP stream (RFC 7798 section 7.2.2).
 *
 * @param facts undefined takes the stream for what every decoder takes
 * @returns undefined when none fits
 */
export function matchH265(codecs: readonly OfferedCodec[], facts: VideoFacts | undefined): OfferedCodec | undefined {
	const fitting = codecs.filter((codec) => codec.name === 'h265' && codec.clockRate === 90_000 && covers(codec, facts));
	const profile = facts?.profileIdc ?? DEFAULTS['profile-id'];
	return fitting.find((codec) => parameter(codec, 'profile-id') === profile) ?? fitting[0];
}

/**
 * The answer's parameters: profile and tier as offered, the level and the parameter sets of the stream.
 *
 * @param codec the matched one
 */
export function h265Parameters(codec: OfferedCodec, { facts, parameterSets }: H265Track): string {
	const said = (name: keyof typeof DEFAULTS) => `${name}=${parameter(codec, name)}`;
	const level = `level-id=${facts?.levelIdc ?? parameter(codec, 'level-id')}`;
	const parameters = [level, said('profile-id'), said('tier-flag'), 'tx-mode=SRST'];
	if (parameterSets) {
		const { vps, sps, pps } = parameterSets;
		if (vps) parameters.push(`sprop-vps=${base64(vps)}`);
		parameters.push(`sprop-sps=${base64(sps)}`, `sprop-pps=${base64(pps)}`);
	}
	return parameters.join(';');
}

function covers(codec: OfferedCodec, facts: VideoFacts | undefined): boolean {
	if ((codec.parameters.get('tx-mode') ?? 'SRST').toUpperCase() !== 'SRST') return false;
	if (!facts) return true;
	const profile = parameter(codec, 'profile-id');
	const sameProfile = profile === facts.profileIdc || (profile === 2 && facts.profileIdc === 1);
	const tier = parameter(codec, 'tier-flag') >= (facts.tier === 'high' ? 1 : 0);
	return sameProfile && tier && parameter(codec, 'level-id') >= facts.levelIdc;
}

function parameter({ parameters }: OfferedCodec, name: keyof typeof DEFAULTS): number {
	const text = parameters.get(name);
	return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : DEFAULTS[name];
}

function base64(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString('base64');
}
