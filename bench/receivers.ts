import nodeDataChannel from 'node-datachannel';
import { parseRtp, sequenceDistance } from '../src/media/rtp/rtp.ts';
import { serve } from './child.ts';

export type ReceiversMessage =
	| { readonly type: 'join'; readonly endpoint: string; readonly count: number; readonly atOnce: number }
	| { readonly type: 'count' }
	| { readonly type: 'leave'; readonly endpoint: string };

/** Sums over all viewers of this process. */
export type ReceiversAnswer = {
	readonly viewers: number;
	readonly packets: number;
	readonly bytes: number;
	/** Sequence numbers between the first and the last packet of each viewer that never came. */
	readonly lost: number;
	/** For each viewer that joined by this message, milliseconds from the offer to the first packet. */
	readonly joinMs: readonly number[];
	/** Longest time a viewer got nothing since the last answer, where it is measured. */
	readonly longestGapMs?: number;
	/** Packets since the last answer of the viewer that got the fewest, and of the one that got the most; likewise. */
	readonly fewestPackets?: number;
	readonly mostPackets?: number;
};

const JOIN_DEADLINE_MS = 10_000;
const JOIN_ATTEMPTS = 3;

/** A real WebRTC viewer that decrypts, counts and throws away. */
class Receiver {
	readonly #peer = new nodeDataChannel.PeerConnection('viewer', { iceServers: [] });
	readonly #track: nodeDataChannel.Track;
	/** The highest sequence number so far, and those below it that have not come. */
	#last = -1;
	readonly #missing = new Set<number>();
	#session: string | null = null;
	packets = 0;
	bytes = 0;

	constructor() {
		const video = new nodeDataChannel.Video('0', 'RecvOnly');
		video.addH264Codec(102);
		this.#track = this.#peer.addTrack(video);
		this.#track.setMediaHandler(new nodeDataChannel.RtcpReceivingSession());
	}

	get lost(): number {
		return this.#missing.size;
	}

	/** @returns milliseconds to the first packet */
	async join(endpoint: string): Promise<number> {
		const start = performance.now();
		const gathered = new Promise<void>((resolve) => {
			this.#peer.onGatheringStateChange((state) => state === 'complete' && resolve());
		});
		this.#peer.setLocalDescription();
		await gathered;
		const body = this.#peer.localDescription()?.sdp ?? '';
		const response = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body });
		const answer = await response.text();
		this.#session = response.headers.get('location');
		if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error('no media came')), JOIN_DEADLINE_MS);
			this.#track.onMessage((bytes) => {
				this.#receive(bytes);
				if (this.packets !== 1) return;
				clearTimeout(timer);
				resolve(performance.now() - start);
			});
			this.#peer.setRemoteDescription(overIpv4(answer), 'answer');
		});
	}

	/** Says goodbye where the server knows of goodbyes. */
	async leave(endpoint: string): Promise<void> {
		if (this.#session !== null) await fetch(new URL(this.#session, endpoint), { method: 'DELETE' });
		this.#peer.close();
	}

	#receive(bytes: Buffer): void {
		const packet = parseRtp(bytes);
		if (!packet) return;
		this.packets += 1;
		this.bytes += bytes.length;
		const { sequence } = packet;
		const step = this.#last < 0 ? 1 : sequenceDistance(this.#last, sequence);
		// What was late, or sent again, comes when it is missing or for a second time.
		if (step <= 0) this.#missing.delete(sequence);
		else {
			for (let back = 1; back < step; back++) this.#missing.add((sequence - back) & 0xffff);
			this.#last = sequence;
		}
	}
}

/**
 * The answer without the server's IPv6 candidates: sending over IPv6 costs the kernel more, and what was measured
 * elsewhere went over IPv4.
 */
function overIpv4(answer: string): string {
	return answer.replace(/^a=candidate:(?:\S+ ){4}\S*:.*\r\n/gm, '');
}

const receivers: Receiver[] = [];

/** Some viewers of libdatachannel do not come up where several begin at once at a sender of the same library: again. */
async function joinOne(endpoint: string): Promise<number> {
	for (let attempt = 1; ; attempt++) {
		const receiver = new Receiver();
		try {
			const milliseconds = await receiver.join(endpoint);
			receivers.push(receiver);
			return milliseconds;
		} catch (error) {
			await receiver.leave(endpoint);
			if (attempt === JOIN_ATTEMPTS) throw error;
		}
	}
}

async function join(endpoint: string, count: number, atOnce: number): Promise<number[]> {
	const times: number[] = [];
	let started = 0;
	const worker = async () => {
		while (started < count) {
			started += 1;
			times.push(await joinOne(endpoint));
		}
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return times;
}

serve<ReceiversMessage, ReceiversAnswer>({}, async (message) => {
	const joinMs = message.type === 'join' ? await join(message.endpoint, message.count, message.atOnce) : [];
	if (message.type === 'leave') {
		await Promise.all(receivers.splice(0).map((receiver) => receiver.leave(message.endpoint)));
	}
	const sum = (read: (receiver: Receiver) => number) => receivers.reduce((total, each) => total + read(each), 0);
	return {
		viewers: receivers.length,
		packets: sum((each) => each.packets),
		bytes: sum((each) => each.bytes),
		lost: sum((each) => each.lost),
		joinMs,
	};
});
