import type { Clock } from '../base/clock.ts';
import type { LogFacts, Logger } from '../base/logger.ts';
import { parseRtcp, type ReceiverReferenceTime } from '../media/rtp/rtcp.ts';
import { buildGoodbye, buildReferenceTimeEcho, buildSenderReport } from '../media/rtp/rtcp-writer.ts';
import type { Broadcast } from './broadcast/broadcast.ts';
import type { BroadcastMember } from './broadcast/broadcast-member.ts';
import type { Lane } from './broadcast/lane.ts';
import { LossRepair } from './broadcast/loss-repair.ts';
import { TrackSender } from './broadcast/track-sender.ts';
import { REPAIR } from './limits.ts';
import { LinkWatch } from './link-watch.ts';
import { ReceiverView } from './receiver-view.ts';
import { RepairBudget } from './repair/repair-budget.ts';
import { CNAME } from './sdp/answer.ts';
import type { AcceptedSection, Negotiation } from './sdp/negotiation.ts';
import { candidatePair } from './sessions/candidate-pair.ts';
import { type ConnectionReport, connectionReport, mediaState } from './sessions/connection-report.ts';
import { IceSession } from './sessions/ice-session.ts';
import { PlayerReport } from './sessions/player-report.ts';
import { type SessionInfo, sessionInfo } from './sessions/session-info.ts';
import { sessionTracks } from './sessions/session-tracks.ts';
import { Traffic } from './traffic.ts';
import type { SecureTransport, TransportPeer } from './transport/secure-transport.ts';

export type ViewerOptions = {
	readonly id: string;
	readonly streamId: string;
	readonly broadcast: Broadcast;
	readonly negotiation: Negotiation;
	readonly transport: SecureTransport;
	readonly clock: Clock;
	readonly logger: Logger;
	/** The session is over; called once. */
	readonly onClosed: () => void;
};

/** Where a session stands, with the `Clock.now()` it has been secured since. */
type ViewerState = { name: 'connecting' } | { name: 'connected'; since: number } | { name: 'closed' };

/**
 * One browser watching one stream: connecting (nothing is sent), connected, closed. It answers what the browser
 * asks for by RTCP; the live pictures reach the browser without passing here.
 */
export class Viewer implements BroadcastMember {
	readonly id: string;
	readonly streamId: string;
	readonly ice: IceSession;
	readonly video: TrackSender | undefined;
	readonly audio: TrackSender | undefined;
	readonly player = new PlayerReport();
	readonly #options: ViewerOptions;
	readonly #peer: TransportPeer;
	readonly #createdAt: number;
	readonly #createdWall: number;
	readonly #receiver = new ReceiverView();
	/** Of groups of pictures sent again: their own, or the losses among them would not be repaired. */
	readonly #replays = new RepairBudget();
	readonly #repair: LossRepair;
	readonly #traffic: Traffic;
	readonly #link = new LinkWatch();
	#state: ViewerState = { name: 'connecting' };
	#plis = 0;
	#echoedAt = Number.NEGATIVE_INFINITY;

	/**
	 * Opens the transport for the viewer.
	 *
	 * @throws DualcastError `too_many_sessions`
	 */
	constructor(options: ViewerOptions) {
		this.id = options.id;
		this.streamId = options.streamId;
		this.#options = options;
		this.#repair = new LossRepair(options.clock, this.#receiver);
		this.#createdAt = options.clock.now();
		this.#createdWall = options.clock.wall();
		const { negotiation, broadcast, transport } = options;
		const { peer, local } = transport.open({
			remoteUfrag: negotiation.transport.ufrag,
			remotePassword: negotiation.transport.password,
			remoteFingerprint: negotiation.transport.fingerprint,
			onSecured: () => this.#onSecured(),
			onRtcp: (packet) => this.#onRtcp(packet),
			onClosed: (reason) => this.#close(reason),
		});
		this.#peer = peer;
		this.ice = new IceSession(peer, local, negotiation.transport.ufrag);
		this.video = this.#createSender(broadcast.video, negotiation.video);
		this.audio = this.#createSender(broadcast.audio, negotiation.audio);
		this.#traffic = new Traffic(this.video, this.audio, this.#repair);
		broadcast.join(this);
	}

	/** Sender reports for every track that is being sent (RFC 3550 section 6.4.1). */
	report(): void {
		if (this.#state.name !== 'connected') return;
		const { clock } = this.#options;
		const now = clock.now();
		this.#traffic.measure(now);
		this.#watchLink(now);
		const wall = clock.wall();
		for (const sender of [this.video, this.audio]) {
			const report = sender?.report(wall);
			if (report) this.#peer.sendRtcp(buildSenderReport(report, CNAME));
		}
	}

	mayResume(now: number): boolean {
		return this.#link.mayResume(now);
	}

	resumed(now: number): void {
		this.#link.resume(now);
		this.#logLink('a viewer gets all frames again');
	}

	/** Says goodbye to the browser and ends the session. Idempotent. */
	end(reason: string): void {
		if (this.#state.name === 'closed') return;
		if (this.#state.name === 'connected') {
			for (const sender of [this.video, this.audio]) {
				if (sender) this.#peer.sendRtcp(buildGoodbye(sender.lane.ssrc, CNAME));
			}
		}
		this.#peer.close();
		this.#close(reason);
	}

	/** Where connecting stands, or stopped. */
	connection(): ConnectionReport {
		const media = mediaState(this.video, this.audio, this.#options.broadcast.ready);
		return connectionReport(this.#peer.diagnosis(), this.ice.local.candidates, media);
	}

	/** The session as the API shows it. */
	info(): SessionInfo {
		const { clock, negotiation, broadcast, transport } = this.#options;
		const now = clock.now();
		this.#traffic.measure(now);
		return sessionInfo(
			{
				id: this.id,
				streamId: this.streamId,
				state: this.#state,
				createdAt: this.#createdAt,
				createdWall: this.#createdWall,
				pair: candidatePair(this.#peer.diagnosis(), this.ice.local.candidates),
				transport: transport.name,
				tracks: sessionTracks(negotiation, broadcast.tracks),
				player: this.player,
				pictures: this.video?.pictures,
				startedAt: (this.video ?? this.audio)?.startedAt,
				traffic: this.#traffic,
				repair: this.#repair,
				receiver: this.#receiver,
				link: this.#link,
				pictureLosses: this.#plis,
			},
			now,
		);
	}

	#createSender(lane: Lane | undefined, accepted: AcceptedSection | undefined): TrackSender | undefined {
		if (!lane || !accepted) return undefined;
		return new TrackSender({
			lane,
			transport: this.#options.transport,
			peer: this.#peer,
			payloadType: accepted.codec.payloadType,
			rtxPayloadType: accepted.rtx?.payloadType,
		});
	}

	#onSecured(): void {
		if (this.#state.name !== 'connecting') return;
		const since = this.#options.clock.now();
		this.#state = { name: 'connected', since };
		this.#options.broadcast.start(this);
		const facts = { after_ms: Math.round(since - this.#createdAt), remote: this.#peer.diagnosis().remote };
		this.#log(facts, 'viewer connected');
	}

	#onRtcp(bytes: Uint8Array): void {
		if (this.#state.name !== 'connected') return;
		const now = this.#options.clock.now();
		for (const packet of parseRtcp(this.#repair.readable(bytes))) {
			switch (packet.type) {
				case 'sender-report':
				case 'receiver-report':
					for (const block of packet.blocks) {
						if (this.#senderOf(block.ssrc)) {
							this.#receiver.report(block, block.ssrc === this.#mainSsrc(), this.#options.clock.wall(), now);
						}
					}
					break;
				case 'remb':
					this.#receiver.estimated(packet.bitrate);
					break;
				case 'nack':
					this.#repair.answer(this.#senderOf(packet.mediaSsrc), packet.sequences);
					break;
				case 'receiver-reference-time':
					this.#echo(packet, now);
					break;
				case 'pli':
					this.#onPictureLoss(packet.mediaSsrc, now);
					break;
				case 'fir':
					for (const { ssrc } of packet.requests) this.#onPictureLoss(ssrc, now);
					break;
			}
		}
	}

	/** A viewer who knows its round trip asks for a lost packet again that soon. */
	#echo(time: ReceiverReferenceTime, now: number): void {
		const ssrc = this.#mainSsrc();
		if (ssrc === undefined || now - this.#echoedAt < REPAIR.echoPeriod) return;
		this.#echoedAt = now;
		this.#peer.sendRtcp(buildReferenceTimeEcho(ssrc, time));
	}

	#onPictureLoss(ssrc: number, now: number): void {
		if (!this.video || ssrc !== this.video.lane.ssrc) return;
		this.#plis++;
		// What is lost of a group that is under way is repaired. Who gets key frames only is never live.
		if (!this.video.live) return;
		// A request that left the browser before its key frame and the rest can have arrived there says nothing new.
		const roundTrip = this.#receiver.roundTrip ?? REPAIR.assumedRoundTrip;
		if (now - this.video.completeAt < roundTrip) return;
		this.#options.broadcast.wantKeyFrame(this.video, this.#replays);
	}

	/** Cuts a viewer who cannot keep up down to key frames. */
	#watchLink(now: number): void {
		if (!this.video || !this.#link.update(this.#receiver, this.#traffic.bitrate(now), now)) return;
		this.#options.broadcast.reduce(this);
		this.#logLink('the link of a viewer is too slow: key frames only');
	}

	#logLink(message: string): void {
		const { loss, roundTrip, estimate } = this.#receiver;
		this.#log({ loss, round_trip_ms: roundTrip, estimate }, message);
	}

	#senderOf(ssrc: number): TrackSender | undefined {
		if (ssrc === this.video?.lane.ssrc) return this.video;
		return ssrc === this.audio?.lane.ssrc ? this.audio : undefined;
	}

	#mainSsrc(): number | undefined {
		return (this.video ?? this.audio)?.lane.ssrc;
	}

	/** A logger of its own would cost each viewer more than its few lines. */
	#log(facts: LogFacts, message: string): void {
		this.#options.logger.info({ stream: this.streamId, viewer: this.id.slice(0, 8), ...facts }, message);
	}

	#close(reason: string): void {
		if (this.#state.name === 'closed') return;
		const { state, bindingRequests, dtlsDatagrams, remote } = this.#peer.diagnosis();
		this.#log(
			{
				reason,
				state: this.#state.name,
				transport: state,
				remote,
				binding_requests: bindingRequests,
				dtls_datagrams: dtlsDatagrams,
			},
			'viewer closed',
		);
		this.#state = { name: 'closed' };
		this.#repair.close();
		this.#options.broadcast.leave(this);
		this.#options.onClosed();
	}
}
