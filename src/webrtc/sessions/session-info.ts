import type { LossRepair } from '../broadcast/loss-repair.ts';
import type { SkippedTrack } from '../carried-tracks.ts';
import type { LinkWatch } from '../link-watch.ts';
import type { ReceiverView } from '../receiver-view.ts';
import type { Traffic } from '../traffic.ts';
import type { TransportName } from '../transport/secure-transport.ts';
import type { CandidatePair } from './candidate-pair.ts';
import type { PlayerReport } from './player-report.ts';

/** A WHEP session as the API shows it. */
export type SessionInfo = {
	id: string;
	stream_id: string;
	state: 'connecting' | 'connected' | 'closed';
	/** ISO 8601 */
	created_at: string;
	/** Milliseconds from the offer to DTLS done. */
	connected_after_ms?: number;
	/** Milliseconds from the offer to the first media packet sent, of the picture where there is one. */
	first_media_after_ms?: number;
	/** As its player says: milliseconds from its offer to its first picture on the screen. */
	first_frame_shown_after_ms?: number;
	/** The viewer's side of the nominated candidate pair, `udp 192.0.2.7:5000`. */
	remote?: string;
	/** Our side; `udp *:8189` where it may be one of several offered addresses. */
	local?: string;
	/** What encrypts and sends its media. */
	transport: TransportName;
	packets_sent: number;
	/** Whole pictures, those of replays too; absent where there is sound alone. */
	frames_sent?: number;
	/** RTP payload, retransmissions included. */
	bytes_sent: number;
	/** Bits per second over the last seconds. */
	current_bitrate: number;
	nack_received: number;
	packets_retransmitted: number;
	pli_received: number;
	/** Fraction 0 … 1 */
	loss?: number;
	rtt_ms?: number;
	/** The link is too slow for the stream. */
	key_frames_only: boolean;
	/** How long in all. */
	key_frames_only_ms: number;
	/** Of what the camera sends now. */
	video?: string;
	audio?: string;
	skipped_tracks: SkippedTrack[];
};

/** What there is to tell about a viewer. Times are of `Clock.now()` unless said otherwise. */
export type SessionFacts = {
	readonly id: string;
	readonly streamId: string;
	readonly state: { readonly name: 'connecting' | 'closed' } | { readonly name: 'connected'; readonly since: number };
	readonly createdAt: number;
	/** Milliseconds since the Unix epoch. */
	readonly createdWall: number;
	readonly pair: CandidatePair;
	readonly transport: TransportName;
	readonly tracks: Pick<SessionInfo, 'video' | 'audio' | 'skipped_tracks'>;
	readonly player: PlayerReport;
	/** Sent; undefined where there is sound alone. */
	readonly pictures: number | undefined;
	/** When the first packet of the picture, or of the sound of a stream without, was sent. */
	readonly startedAt: number | undefined;
	readonly traffic: Traffic;
	readonly repair: LossRepair;
	readonly receiver: ReceiverView;
	readonly link: LinkWatch;
	readonly pictureLosses: number;
};

/** @param now `Clock.now()` */
export function sessionInfo(facts: SessionFacts, now: number): SessionInfo {
	const { state, createdAt, startedAt, pictures, traffic, repair, link } = facts;
	const { loss, roundTrip } = facts.receiver;
	return {
		id: facts.id,
		stream_id: facts.streamId,
		state: state.name,
		created_at: new Date(facts.createdWall).toISOString(),
		...(state.name === 'connected' && { connected_after_ms: Math.round(state.since - createdAt) }),
		...(startedAt !== undefined && { first_media_after_ms: Math.round(startedAt - createdAt) }),
		...facts.player.info(),
		...facts.pair,
		transport: facts.transport,
		packets_sent: traffic.packets,
		...(pictures !== undefined && { frames_sent: pictures }),
		bytes_sent: traffic.bytes,
		current_bitrate: Math.round(traffic.bitrate(now)),
		nack_received: repair.requests,
		packets_retransmitted: repair.packets,
		pli_received: facts.pictureLosses,
		...(loss !== undefined && { loss }),
		...(roundTrip !== undefined && { rtt_ms: Math.round(roundTrip * 10) / 10 }),
		key_frames_only: link.overloaded,
		key_frames_only_ms: Math.round(link.overloadedFor(now)),
		...facts.tracks,
	};
}
