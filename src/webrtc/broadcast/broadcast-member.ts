import type { TrackSender } from './track-sender.ts';

/** A viewer as its broadcast sees it. */
export interface BroadcastMember {
	readonly video: TrackSender | undefined;
	readonly audio: TrackSender | undefined;
	/** The time has come for sender reports. */
	report(): void;
	/** Whether a member that gets key frames only may have every frame again. @param now `Clock.now()` */
	mayResume(now: number): boolean;
	/** A member that got key frames only gets every frame again from now on. */
	resumed(now: number): void;
	/** Nothing will come any more. */
	end(reason: string): void;
}
