import type { Clock, Timer } from '../../base/clock.ts';
import type { SourceError } from '../../base/errors.ts';
import { packetizeH264 } from '../../media/packetizers/h264-packetizer.ts';
import { packetizeH265 } from '../../media/packetizers/h265-packetizer.ts';
import type { Track } from '../../media/track.ts';
import type { AccessUnit, AudioUnit, VideoUnit } from '../../media/unit.ts';
import type { StreamFace, StreamReader } from '../../stream/reader.ts';
import { type CarriedAudio, type CarriedTracks, type CarriedVideo, carriedTracks } from '../carried-tracks.ts';
import { MAX_G711_SAMPLES, MAX_PAYLOAD, REPORT_PERIOD } from '../limits.ts';
import { type RandomBytes, randomUint32 } from '../random.ts';
import type { RepairBudget } from '../repair/repair-budget.ts';
import type { SecureTransport } from '../transport/secure-transport.ts';
import type { BroadcastMember } from './broadcast-member.ts';
import { CatchUp } from './catch-up.ts';
import { Lane } from './lane.ts';
import { PictureOrder } from './picture-order.ts';
import { Restarts } from './restarts.ts';
import type { TrackSender } from './track-sender.ts';

export type BroadcastOptions = {
	readonly stream: StreamFace;
	readonly transport: SecureTransport;
	readonly clock: Clock;
	readonly randomBytes: RandomBytes;
	/** The last member left, or the stream is over: this broadcast will not be used again. */
	readonly onOver: () => void;
};

const REORDERED = 'the camera sends B-frames, which WebRTC cannot show';

/**
 * A stream on its way to WebRTC viewers, while it has any: everything that is the same for all of them is done here
 * once. Viewers come behind the live point by their `TrackSender` and are then part of one `send` for all.
 */
export class Broadcast implements StreamReader {
	readonly name = 'webrtc';
	readonly readsAtOnce = true;
	readonly #options: BroadcastOptions;
	readonly #catchUp: CatchUp;
	readonly #members = new Set<BroadcastMember>();
	readonly #restarts: Restarts;
	readonly #reports: Timer;
	#detach: (() => void) | undefined;
	#carried: CarriedTracks = { video: undefined, audio: undefined, skipped: [] };
	#video: Lane | undefined;
	#audio: Lane | undefined;
	#videoCodec: CarriedVideo['codec'] | undefined;
	#audioCodec: CarriedAudio | undefined;
	readonly #order = new PictureOrder();
	#gradual = false;
	#over = false;
	/** What the camera failed by, when that ended the stream. */
	failure: SourceError | undefined;

	/** Attaches to the stream at once: the cached group of pictures is packetized before this returns. */
	constructor(options: BroadcastOptions) {
		this.#options = options;
		this.#catchUp = new CatchUp(options.clock);
		this.#restarts = new Restarts(this.#catchUp);
		this.#reports = options.clock.every(REPORT_PERIOD, () => {
			for (const member of [...this.#members]) member.report();
		});
		const detach = options.stream.attach(this, { replay: true });
		if (this.#over) detach();
		else this.#detach = detach;
	}

	/** The tracks that viewers can get, as known now. */
	get tracks(): CarriedTracks {
		return this.#carried;
	}

	get video(): Lane | undefined {
		return this.#video;
	}

	get audio(): Lane | undefined {
		return this.#audio;
	}

	/** Pictures come in another order than they are shown in: the stream has B-frames. */
	get reordered(): boolean {
		return this.#order.reordered;
	}

	/** Nobody can begin any more: the picture is refreshed gradually, and no key frame is kept. */
	get keyless(): boolean {
		return this.#gradual && !this.#video?.group;
	}

	/** True when the stream ended: it takes no members. */
	get over(): boolean {
		return this.#over;
	}

	/** The camera runs, or is away for a moment. Before, `tracks` are what it sent the last time. */
	get ready(): boolean {
		return this.#options.stream.ready;
	}

	join(member: BroadcastMember): void {
		this.#members.add(member);
	}

	/** A member may receive from now on: the cached group of pictures goes out before this returns. */
	start(member: BroadcastMember): void {
		const { audio } = member;
		const now = this.#options.clock.now();
		if (audio) {
			audio.start(audio.lane.ring.next, undefined, now);
			this.#catchUp.add(audio);
		}
		this.#restarts.begin(member, now);
		member.report();
	}

	/** A viewer lost the picture. It gets the group of pictures again with the next frame, if its budget allows. */
	wantKeyFrame(sender: TrackSender, budget: RepairBudget): void {
		this.#restarts.want(sender, budget);
	}

	/** A member is to get key frames only, from the next one on, until it may resume. */
	reduce(member: BroadcastMember): void {
		if (this.#members.has(member)) this.#restarts.reduce(member);
	}

	/** Idempotent. When the last member leaves, the stream is let go. */
	leave(member: BroadcastMember): void {
		if (!this.#members.delete(member)) return;
		this.#restarts.leave(member);
		if (this.#members.size === 0) this.#close();
	}

	/** Lets go of the stream when nobody joined. */
	releaseIfUnused(): void {
		if (this.#members.size === 0) this.#close();
	}

	onTracks(tracks: readonly Track[]): void {
		this.#carried = carriedTracks(tracks);
		const { video, audio } = this.#carried;
		if (video && this.#videoCodec && video.codec !== this.#videoCodec) {
			this.#end('the video codec of the camera changed');
			return;
		}
		// Who comes from now on is refused by this fact.
		if ((video?.facts?.reorderFrames ?? 0) > 0) this.#endVideo(REORDERED);
		if (this.#over) return;
		if (video) {
			this.#videoCodec = video.codec;
			this.#video ??= this.#createLane(video.clockRate);
		}
		if (!audio) return;
		const before = this.#audioCodec;
		if (before && (before.codec !== audio.codec || before.channels !== audio.channels)) {
			this.#end('the audio codec of the camera changed');
			return;
		}
		this.#audioCodec = audio;
		this.#audio ??= this.#createLane(audio.clockRate);
	}

	onUnit(unit: AccessUnit): void {
		if (unit.kind === 'video') {
			if (this.#video && unit.track.id === this.#carried.video?.id) this.#onVideo(this.#video, unit);
		} else if (this.#audio && unit.track.id === this.#carried.audio?.id) {
			this.#onAudio(this.#audio, unit);
		}
	}

	onAway(): void {
		this.#video?.forgetGroup();
	}

	onEnd(cause?: SourceError): void {
		this.failure = cause;
		this.#end(cause?.message ?? 'the stream ended');
	}

	#onVideo(lane: Lane, unit: VideoUnit): void {
		this.#order.push(unit);
		if (this.reordered) {
			this.#end(REORDERED);
			return;
		}
		const { clock, transport } = this.#options;
		const now = clock.now();
		const picture = { key: unit.key && !unit.refresh, pts: unit.pts };
		if (unit.key) this.#gradual = !picture.key;
		const replays = this.#restarts.beforeFrame(lane, picture, now);
		lane.open(unit.pts, picture.key, unit.wall, now);
		const packetize = unit.track.codec === 'h264' ? packetizeH264 : packetizeH265;
		packetize(unit.nalus, MAX_PAYLOAD, this.#addVideo);
		if (lane.destinations.length > 0) transport.send(lane.batch, lane.destinations);
		if (this.keyless) this.#restarts.dismiss('the camera sends no key frames');
		this.#restarts.afterFrame(lane, picture, replays, now);
	}

	readonly #addVideo = (payload: Uint8Array, marker: boolean): void => {
		this.#video?.add(new Uint8Array(payload), marker);
	};

	#onAudio(lane: Lane, unit: AudioUnit): void {
		const { data, pts, wall } = unit;
		if (unit.track.codec === 'opus') {
			if (data.length <= MAX_PAYLOAD) this.#sendAudio(lane, data, pts, wall);
			return;
		}
		for (let at = 0; at < data.length; at += MAX_G711_SAMPLES) {
			const part = data.subarray(at, at + MAX_G711_SAMPLES);
			this.#sendAudio(lane, part, pts + at, wall + (at * 1000) / lane.clockRate);
		}
	}

	#sendAudio(lane: Lane, payload: Uint8Array, pts: number, wall: number): void {
		lane.open(pts, false, wall, this.#options.clock.now());
		lane.add(payload, false);
		if (lane.destinations.length > 0) this.#options.transport.send(lane.batch, lane.destinations);
	}

	#createLane(clockRate: number): Lane {
		const { randomBytes } = this.#options;
		const ssrc = randomUint32(randomBytes);
		const numbers = { ssrc, rtxSsrc: (ssrc ^ 0x5a5a5a5a) >>> 0, timestampBase: randomUint32(randomBytes) };
		return new Lane(numbers, clockRate);
	}

	/** Ends the members that get pictures. */
	#endVideo(reason: string): void {
		for (const member of [...this.#members]) if (member.video) member.end(reason);
	}

	#end(reason: string): void {
		if (this.#over) return;
		const members = [...this.#members];
		this.#close();
		for (const member of members) member.end(reason);
	}

	#close(): void {
		if (this.#over) return;
		this.#over = true;
		this.#reports.cancel();
		this.#catchUp.close();
		this.#detach?.();
		this.#options.onOver();
	}
}
