import type { VideoUnit } from '../../media/unit.ts';
import { CATCH_UP, REPAIR } from '../limits.ts';
import type { RepairBudget } from '../repair/repair-budget.ts';
import type { Squeeze } from '../repair/send-history.ts';
import type { BroadcastMember } from './broadcast-member.ts';
import type { CatchUp } from './catch-up.ts';
import type { Lane } from './lane.ts';
import type { TrackSender } from './track-sender.ts';

/** Who gets the group of pictures again, up to the frame to come, and how that is stamped. */
export type Replays = { readonly senders: readonly TrackSender[]; readonly squeeze: Squeeze };

type Picture = Pick<VideoUnit, 'key' | 'pts'>;

/**
 * Who is to go on from a key frame: viewers who have had none, who lost the picture, or whose links are too slow for
 * more than key frames.
 */
export class Restarts {
	readonly #catchUp: CatchUp;
	/** Secured, but there is no key frame yet to start with. */
	readonly #waiting = new Set<BroadcastMember>();
	/** Left the live point: their links are too slow for it. */
	readonly #reduced = new Set<BroadcastMember>();
	/** At the live point; they lost the picture and want a key frame. */
	readonly #wanting = new Map<TrackSender, RepairBudget>();

	constructor(catchUp: CatchUp) {
		this.#catchUp = catchUp;
	}

	/** A viewer begins: at once from the cached group of pictures, or with the first key frame. */
	begin(member: BroadcastMember, now: number): void {
		const { video } = member;
		if (!video) return;
		const { lane } = video;
		if (lane.group) this.#start(video, lane.quickStart(), now);
		else this.#waiting.add(member);
	}

	/** Asks for the cached group with the next frame, if the budget allows. */
	want(sender: TrackSender, budget: RepairBudget): void {
		this.#wanting.set(sender, budget);
	}

	/** Gives a viewer key frames only, from the next one on, until it may resume. */
	reduce(member: BroadcastMember): void {
		if (!member.video) return;
		this.#waiting.delete(member);
		this.#stop(member.video);
		this.#reduced.add(member);
	}

	/** Ends those who wait: no key frame will come. */
	dismiss(reason: string): void {
		for (const member of [...this.#waiting]) member.end(reason);
	}

	leave(member: BroadcastMember): void {
		this.#waiting.delete(member);
		this.#reduced.delete(member);
		for (const sender of [member.video, member.audio]) if (sender) this.#stop(sender);
	}

	/** Picks who is granted the group again before the frame that ends the replay; at the live point they miss it. */
	beforeFrame(lane: Lane, { key, pts }: Picture, now: number): Replays | undefined {
		if (key) this.#wanting.clear();
		if (key || this.#wanting.size + this.#reduced.size === 0) return undefined;
		const squeeze = lane.replayBefore(pts);
		if (!squeeze) return undefined;
		const senders: TrackSender[] = [];
		for (const [sender, budget] of this.#wanting) {
			if (now - sender.replayedAt < REPAIR.keyFrameInterval || !budget.allows(now)) continue;
			budget.spend(lane.groupBytes);
			this.#wanting.delete(sender);
			sender.pause();
			senders.push(sender);
		}
		// What does not go out at once could fill a link again that has just enough room.
		if (lane.groupBytes > CATCH_UP.burst) return { senders, squeeze };
		for (const member of this.#reduced) {
			const { video } = member;
			if (!video || !member.mayResume(now)) continue;
			this.#reduced.delete(member);
			member.resumed(now);
			senders.push(video);
		}
		return { senders, squeeze };
	}

	/** Serves everybody to whom the frame that was just made is of use. */
	afterFrame(lane: Lane, { key }: Picture, replays: Replays | undefined, now: number): void {
		if (replays) for (const sender of replays.senders) this.#start(sender, replays.squeeze, now);
		if (!lane.group) return;
		if (key) for (const member of this.#reduced) this.#serveReduced(member, now);
		if (this.#waiting.size === 0) return;
		for (const member of this.#waiting) {
			if (member.video) this.#start(member.video, undefined, now);
			member.report();
		}
		this.#waiting.clear();
	}

	#serveReduced(member: BroadcastMember, now: number): void {
		const { video } = member;
		if (!member.mayResume(now)) {
			video?.sendKeyFrame(now);
			return;
		}
		this.#reduced.delete(member);
		member.resumed(now);
		if (video) this.#start(video, undefined, now);
	}

	/** From the beginning of the group; where that is gone, the sender goes on from where it stands. */
	#start(sender: TrackSender, squeeze: Squeeze | undefined, now: number): void {
		const { group } = sender.lane;
		if (group) sender.start(group.index, squeeze, now);
		this.#catchUp.add(sender);
	}

	/** The sender gets nothing more until it is started again. */
	#stop(sender: TrackSender): void {
		sender.pause();
		this.#catchUp.remove(sender);
		this.#wanting.delete(sender);
	}
}
