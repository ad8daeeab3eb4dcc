import type { Clock } from '../../base/clock.ts';
import { ntpFromUnix } from '../../media/rtp/ntp.ts';
import { buildGoodbye, buildSenderReport } from '../../media/rtp/rtcp-writer.ts';
import { RTP_HEADER } from '../../media/rtp/rtp-writer.ts';
import type { SenderClock } from '../../media/time/sender-clock.ts';
import { SERVER_LIMITS } from './limits.ts';
import type { Outlet } from './outlets/outlet.ts';
import type { Presentation, PresentationFrame, PresentationReader, PresentationTrack } from './presentation.ts';
import { FrameGate } from './relay/frame-gate.ts';

/** Milliseconds between sender reports of a track. */
const REPORT_INTERVAL = 5000;
const CNAME = 'dualcast';

/** A track on its way to a client, with what its sender reports say. */
type PlayingTrack = {
	readonly track: PresentationTrack;
	readonly outlet: Outlet;
	packets: number;
	octets: number;
	/** `Clock.now()` of the last report. */
	reportedAt: number;
};

/** One client being played to: gate, packets and sender reports. */
export class Playback implements PresentationReader {
	readonly #presentation: Presentation;
	readonly #tracks: readonly (PlayingTrack | undefined)[];
	readonly #gate: FrameGate;
	readonly #clock: Clock;
	readonly #onEnd: (reason: string) => void;
	#unsubscribe: (() => void) | undefined;
	/** What is delivered within `subscribe` is of the past. */
	#replaying = false;
	#playing = false;
	#closed = false;

	/**
	 * @param outlets by index of the track; tracks without one are not sent
	 * @param onEnd is called when the presentation ended or the client takes nothing
	 */
	constructor(
		presentation: Presentation,
		outlets: ReadonlyMap<number, Outlet>,
		clock: Clock,
		onEnd: (reason: string) => void,
	) {
		this.#presentation = presentation;
		this.#tracks = presentation.tracks.map((track, index) => {
			const outlet = outlets.get(index);
			return outlet && { track, outlet, packets: 0, octets: 0, reportedAt: Number.NEGATIVE_INFINITY };
		});
		this.#gate = new FrameGate(this.#tracks.some((playing) => playing?.track.kind === 'video'));
		this.#clock = clock;
		this.#onEnd = onEnd;
	}

	get packets(): number {
		return this.#tracks.reduce((sum, playing) => sum + (playing?.packets ?? 0), 0);
	}

	/** Of RTP payload. */
	get octets(): number {
		return this.#tracks.reduce((sum, playing) => sum + (playing?.octets ?? 0), 0);
	}

	/** Frames left out because the client was too slow. */
	get dropped(): number {
		return this.#gate.dropped;
	}

	/** Plays, from the last key frame on where there is one. Idempotent. */
	start(): void {
		if (this.#playing || this.#closed) return;
		this.#playing = true;
		this.#replaying = true;
		const unsubscribe = this.#presentation.subscribe(this);
		this.#replaying = false;
		if (this.#playing) this.#unsubscribe = unsubscribe;
		else unsubscribe();
	}

	/** Sends nothing more until the next `start`; numbers go on. */
	pause(): void {
		this.#playing = false;
		this.#unsubscribe?.();
		this.#unsubscribe = undefined;
		this.#gate.restart();
	}

	onFrame(frame: PresentationFrame): void {
		const playing = this.#tracks[frame.track];
		if (!playing || !this.#playing) return;
		const { outlet, track } = playing;
		const now = this.#clock.now();
		const octets = payloadBytes(frame.packets);
		if (this.#replaying) {
			if (!this.#gate.admitsReplay(frame, track.kind, octets)) return;
		} else if (!this.#gate.admits(frame, track.kind, outlet.backlog, now)) {
			const { fullSince } = this.#gate;
			if (fullSince !== undefined && now - fullSince > SERVER_LIMITS.stall) this.#onEnd('the client takes no data');
			return;
		}
		// The first report precedes the first packet: the client knows from the start which sound belongs to which picture.
		if (now - playing.reportedAt >= REPORT_INTERVAL) this.#report(playing, frame.clock, now);
		outlet.send(frame);
		playing.packets += frame.packets.length;
		playing.octets += octets;
	}

	onEnd(reason: string): void {
		this.#onEnd(reason);
	}

	/** Says goodbye to the client's receivers. Idempotent. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.pause();
		for (const playing of this.#tracks) {
			if (playing && playing.packets > 0) playing.outlet.sendRtcp(buildGoodbye(playing.track.ssrc, CNAME));
		}
	}

	/** Of this moment, also before a frame that was taken earlier (RFC 3550 section 6.4.1). */
	#report(playing: PlayingTrack, clock: SenderClock, now: number): void {
		playing.reportedAt = now;
		const { ssrc, clockRate } = playing.track;
		const wall = this.#clock.wall();
		const report = {
			ssrc,
			ntp: ntpFromUnix(wall),
			rtpTimestamp: (clock.rtpTimestamp + Math.round(((wall - clock.ntp) * clockRate) / 1000)) >>> 0,
			packets: playing.packets >>> 0,
			octets: playing.octets >>> 0,
			blocks: [],
		};
		playing.outlet.sendRtcp(buildSenderReport(report, CNAME));
	}
}

function payloadBytes(packets: readonly Uint8Array[]): number {
	let bytes = 0;
	for (const packet of packets) bytes += packet.length - RTP_HEADER;
	return bytes;
}
