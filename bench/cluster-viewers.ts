import nodeDataChannel from 'node-datachannel';
import { browserClock } from '../src/web/clock.ts';
import { guideUrlOf, NodeGuide } from '../src/web/player/node-guide.ts';
import { Places, withAvoided } from '../src/web/player/places.ts';
import { PlaybackError } from '../src/web/player/playback.ts';
import { postOffer } from '../src/web/player/webrtc/whep-client.ts';
import { serve } from './child.ts';
import { FetchedEvents } from './event-source.ts';

export type ClusterViewersMessage =
	| {
			readonly type: 'join';
			/** Base of a main. */
			readonly main: string;
			/** One for each viewer, beginning with a slash: path and query of its WHEP endpoint. */
			readonly endpoints: readonly string[];
	  }
	/** Forgets the gaps so far. */
	| { readonly type: 'reset' }
	| { readonly type: 'count' };

/** One viewer. */
export type ViewerReading = {
	/** Base of the node that serves it. */
	readonly node: string;
	readonly packets: number;
	/** Longest time without a packet since `reset`, the one that goes on included. Milliseconds. */
	readonly longestGap: number;
	/** To other nodes, since it joined. */
	readonly moves: number;
};

/** What all watch. */
const STREAM = 'cam';
const MEDIA_DEADLINE_MS = 10_000;
const RETRY_MS = 500;
const AT_ONCE = 4;

/** A connection to one node. */
class Connection {
	readonly #peer = new nodeDataChannel.PeerConnection('viewer', { iceServers: [] });
	readonly #onPacket: () => void;
	session = '';

	constructor(onPacket: () => void) {
		this.#onPacket = onPacket;
	}

	/** @returns with the first packet @throws Error when there is no answer, or no media */
	async open(endpoint: string, others: readonly string[]): Promise<void> {
		const video = new nodeDataChannel.Video('0', 'RecvOnly');
		video.addH264Codec(102);
		const track = this.#peer.addTrack(video);
		track.setMediaHandler(new nodeDataChannel.RtcpReceivingSession());
		const gathered = new Promise<void>((resolve) => {
			this.#peer.onGatheringStateChange((state) => state === 'complete' && resolve());
		});
		this.#peer.setLocalDescription();
		await gathered;
		const offer = this.#peer.localDescription()?.sdp ?? '';
		const { signal } = new AbortController();
		const { answer, url } = await postOffer(endpoint, offer, { fetch, clock: browserClock, signal, others });
		this.session = url ?? '';
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error('no media came')), MEDIA_DEADLINE_MS);
			track.onMessage(() => {
				clearTimeout(timer);
				resolve();
				this.#onPacket();
			});
			this.#peer.setRemoteDescription(answer, 'answer');
		});
	}

	close(): void {
		if (this.session !== '') fetch(this.session, { method: 'DELETE' }).catch(() => undefined);
		this.#peer.close();
	}
}

/** A viewer with the manners of the player: it asks for its place where the player asks, and moves as it does. */
class Viewer {
	readonly #places: Places;
	readonly #endpoint: string;
	#connection: Connection | undefined;
	#leaveGuide: () => void = () => undefined;
	#last = performance.now();
	#longest = 0;
	#moving = false;
	#packets = 0;
	#moves = -1;

	constructor(main: string, endpoint: string) {
		this.#places = new Places(main, browserClock);
		this.#endpoint = endpoint;
	}

	get reading(): ViewerReading {
		const longestGap = Math.max(this.#longest, performance.now() - this.#last);
		const node = new URL(this.#connection?.session ?? 'http://nowhere').origin;
		return { node, packets: this.#packets, longestGap, moves: this.#moves };
	}

	reset(): void {
		this.#longest = 0;
		this.#last = performance.now();
	}

	/** Opens another place, then lets go of the one before. */
	async move(): Promise<void> {
		if (this.#moving) return;
		this.#moving = true;
		for (;;) {
			const next = new Connection(() => this.#onPacket());
			const { base, others, avoided } = this.#places;
			const address = (gateway: string) => withAvoided(new URL(this.#endpoint, gateway).href, avoided);
			try {
				await next.open(address(base), others.map(address));
				this.#connection?.close();
				this.#connection = next;
				this.#moves += 1;
				this.#follow(next.session);
				this.#moving = false;
				return;
			} catch (failure) {
				next.close();
				if (failure instanceof PlaybackError && failure.code === 'gateway_unreachable') this.#places.next();
				await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
			}
		}
	}

	#follow(session: string): void {
		this.#leaveGuide();
		const address = guideUrlOf(session, STREAM);
		if (address === undefined) return;
		const open = (url: string) => new FetchedEvents(url) as unknown as EventSource;
		// One for each viewer: they stand for as many browsers.
		const guide = new NodeGuide(address, { clock: browserClock, open }, () => undefined);
		let id = '';
		const leave = () => {
			this.#places.leave(id, address);
			void this.move();
		};
		const place = (node: string, mains: readonly string[]) => {
			id = node;
			this.#places.learn(mains);
		};
		this.#leaveGuide = guide.join({ place, move: leave, lost: leave }, address);
	}

	#onPacket(): void {
		const now = performance.now();
		this.#longest = Math.max(this.#longest, now - this.#last);
		this.#last = now;
		this.#packets += 1;
	}
}

const viewers: Viewer[] = [];

serve<ClusterViewersMessage, ViewerReading[]>({}, async (message) => {
	if (message.type === 'join') {
		const waiting = [...message.endpoints];
		const worker = async () => {
			for (let endpoint = waiting.shift(); endpoint !== undefined; endpoint = waiting.shift()) {
				const viewer = new Viewer(message.main, endpoint);
				viewers.push(viewer);
				await viewer.move();
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, worker));
	}
	if (message.type === 'reset') for (const viewer of viewers) viewer.reset();
	return viewers.map(({ reading }) => reading);
});
