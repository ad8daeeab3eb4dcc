import type { Clock } from '../../base/clock.ts';
import { ntpFromUnix } from '../../media/ntp.ts';
import { buildGoodbye, buildSenderReport } from '../../media/rtcp-writer.ts';
import { RTP_HEADER } from '../../media/rtp-writer.ts';
import type { SenderClock } from '../../media/sender-clock.ts';
import { FrameGate } from './frame-gate.ts';
import type { Outlet } from './outlet.ts';
import type { Presentation, PresentationFrame, PresentationReader, PresentationTrack } from './presentation.ts';

/** Milliseconds between sender reports of a track. */
const REPORT_INTERVAL = 5000;
/** Milliseconds a client may take nothing at all before it is given up. */
const MAX_STALL = 10_000;
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
	readonly #tracks: readonly (PlayingTrack | undefined)[];
	readonly #gate: FrameGate;
	readonly #clock: Clock;
	readonly #onEnd: (reason: string) => void;
	#unsubscribe: (() => void) | undefined;
	#open = true;

	/**
	 * @param outlets by index of the track; tracks without one are not sent
	 * @param onEnd is called once, when the presentation ended or the client takes nothing
	 */
	constructor(
		presentation: Presentation,
		outlets: ReadonlyMap<number, Outlet>,
		clock: Clock,
		onEnd: (reason: string) => void,
	) {
		this.#tracks = presentation.tracks.map((track, index) => {
			const outlet = outlets.get(index);
			return outlet && { track, outlet, packets: 0, octets: 0, reportedAt: Number.NEGATIVE_INFINITY };
		});
		this.#gate = new FrameGate(this.#tracks.some((playing) => playing?.track.kind === 'video'));
		this.#clock = clock;
		this.#onEnd = onEnd;
		const unsubscribe = presentation.subscribe(this);
		if (this.#open) this.#unsubscribe = unsubscribe;
		else unsubscribe();
	}

	onFrame(frame: PresentationFrame): void {
		const playing = this.#tracks[frame.track];
		if (!playing) return;
		const now = this.#clock.now();
		if (!this.#gate.admits(frame, playing.track.kind, playing.outlet.backlog, now)) {
			const { fullSince } = this.#gate;
			if (fullSince !== undefined && now - fullSince > MAX_STALL) this.#onEnd('the client takes no data');
			return;
		}
		// The first report precedes the first packet: the client knows from the start which sound belongs to which picture.
		if (now - playing.reportedAt >= REPORT_INTERVAL) this.#report(playing, frame.clock, now);
		playing.outlet.send(frame.packets);
		playing.packets += frame.packets.length;
		for (const packet of frame.packets) playing.octets += packet.length - RTP_HEADER;
	}

	onEnd(): void {
		this.#onEnd('the presentation ended');
	}

	/** Says goodbye to the client's receivers. Idempotent. */
	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#unsubscribe?.();
		for (const playing of this.#tracks) {
			if (playing && playing.packets > 0) playing.outlet.sendRtcp(buildGoodbye(playing.track.ssrc, CNAME));
		}
	}

	#report(playing: PlayingTrack, clock: SenderClock, now: number): void {
		playing.reportedAt = now;
		const report = {
			ssrc: playing.track.ssrc,
			ntp: ntpFromUnix(clock.ntp),
			rtpTimestamp: clock.rtpTimestamp,
			packets: playing.packets >>> 0,
			octets: playing.octets >>> 0,
			blocks: [],
		};
		playing.outlet.sendRtcp(buildSenderReport(report, CNAME));
	}
}
