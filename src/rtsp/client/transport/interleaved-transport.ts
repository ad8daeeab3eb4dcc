import type { PortPair, TransportHeader } from '../../transport-header.ts';
import type { FrameHandler, RtspConnection } from '../connection.ts';
import type { Lane } from './media-receiver.ts';
import type { MediaPath, MediaTransport } from './media-transport.ts';

type Slot = { readonly lane: Lane; readonly isRtcp: boolean };

/** RTP and RTCP within the RTSP connection (RFC 2326 section 10.12). Frames of unknown channels are passed over. */
export class InterleavedTransport implements MediaTransport, FrameHandler {
	readonly lower = 'tcp';
	readonly #connection: RtspConnection;
	readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(256).fill(undefined);
	#opened = 0;

	constructor(connection: RtspConnection) {
		this.#connection = connection;
		connection.takeFrames(this);
	}

	async open(): Promise<MediaPath> {
		const first = 2 * this.#opened++;
		return new InterleavedPath(this, this.#connection, [first, first + 1]);
	}

	close(): void {
		this.#slots.fill(undefined);
	}

	onFrame(channel: number, payload: Uint8Array, arrival: number): void {
		const slot = this.#slots[channel];
		if (!slot) return;
		if (slot.isRtcp) slot.lane.onRtcp(payload, arrival);
		else slot.lane.onRtp(payload, arrival);
	}

	isExpected(channel: number, type: number): boolean {
		return this.#slots[channel]?.lane.expects(type) ?? false;
	}

	/** @returns false when another track has one of the channels */
	assign([rtp, rtcp]: PortPair, lane: Lane): boolean {
		if (this.#slots[rtp] || this.#slots[rtcp]) return false;
		this.#slots[rtcp] = { lane, isRtcp: true };
		this.#slots[rtp] = { lane, isRtcp: false };
		return true;
	}
}

class InterleavedPath implements MediaPath {
	readonly request: TransportHeader;
	readonly #transport: InterleavedTransport;
	readonly #connection: RtspConnection;
	#channels: PortPair;

	constructor(transport: InterleavedTransport, connection: RtspConnection, channels: PortPair) {
		this.#transport = transport;
		this.#connection = connection;
		this.#channels = channels;
		this.request = { lower: 'tcp', profile: 'RTP/AVP', multicast: false, interleaved: channels };
	}

	/** Cameras that name UDP send in the connection all the same. */
	accept(answer: TransportHeader | undefined, lane: Lane): undefined {
		const chosen = answer?.interleaved;
		if (chosen && this.#transport.assign(chosen, lane)) this.#channels = chosen;
		else this.#transport.assign(this.#channels, lane);
	}

	punch(): void {}

	sendRtcp(bytes: Uint8Array): void {
		this.#connection.sendFrame(this.#channels[1], bytes);
	}
}
