import { MAX_PAYLOAD } from './limits.ts';
import type { Destination, MediaPacket, TransportPeer } from './secure-transport.ts';
import { PacketSigner } from './srtp/packet-signer.ts';
import { AES128_CM_SHA1_80 } from './srtp/srtp-keys.ts';
import { AES_BLOCK, networkOrder, type SrtpSender } from './srtp/srtp-sender.ts';

/** Where one viewer's datagrams go. */
export interface Route {
	/** Sends a datagram, perhaps later: see `MediaSenderOptions.isHeld`. @returns false when it was given up */
	send(datagram: Buffer): boolean;
	/** `udp 192.0.2.1:1234` */
	readonly description: string;
}

/** What a viewer needs to be sent media; it exists while the viewer is secured. */
export type MediaPath = { readonly srtp: SrtpSender; readonly route: Route };

export type MediaSenderOptions = {
	/** How many sockets may hold memory. */
	readonly sockets: number;
	/** The path of a secured viewer. */
	pathOf(peer: TransportPeer): MediaPath | undefined;
	/** True while a datagram of this memory waits in a socket and its bytes must stay as they are. */
	isHeld(memory: ArrayBufferLike): boolean;
	onSent(datagrams: number, bytes: number): void;
	/** A packet that could not be sent to one viewer. */
	onDropped(): void;
};

/** Packets encrypted with one call of a viewer's cipher; their datagrams are a row of slots. */
const CHUNK = 8;
/** Rows prepared before they are signed and sent: few enough to stay in the processor's cache. */
const ROWS = 4;
const SLOTS = ROWS * CHUNK;
const HEADER = 12;
const ROLL_OVER = 4;
const SLOT = PacketSigner.paddedLength(HEADER + MAX_PAYLOAD + ROLL_OVER);
/** Bytes of a payload in whole AES blocks, and of those of a chunk. */
const PAYLOAD = Math.ceil(MAX_PAYLOAD / AES_BLOCK) * AES_BLOCK;
const CHUNK_BYTES = CHUNK * PAYLOAD;
/** What lies behind the slots: the chunk's payloads, a viewer's counter blocks and key stream. */
const PLAIN = SLOTS * SLOT;
const COUNTERS = PLAIN + CHUNK_BYTES;
const KEY_STREAM = COUNTERS + CHUNK_BYTES;
const MEMORY = KEY_STREAM + CHUNK_BYTES;
const { tagLength } = AES128_CM_SHA1_80;

/**
 * Encrypts and sends packets to many viewers (RFC 3711, AES-CM and HMAC-SHA1-80). What is shared is prepared once per
 * packet; per viewer and chunk there is one AES call, and authentication runs over four datagrams at once.
 *
 * Datagrams are sent out of a workspace's memory without a copy. A UDP send is nearly always done by the kernel
 * before it returns, but with a full socket it waits and refers to that memory. Then another signer is used. A
 * socket refers to one signer's memory at most (it copies what comes while something waits), so with one signer more
 * than sockets there is always a free one.
 */
export class MediaSender {
	readonly #options: MediaSenderOptions;
	readonly #workspaces: readonly Workspace[];
	#workspace: Workspace;

	// The chunk, shared by all viewers.
	readonly #chunk: MediaPacket[] = [];

	// One viewer's part of the chunk.
	readonly #indexes = new Float64Array(CHUNK);

	// Datagrams that wait to be signed and sent: a row for each viewer, 0 where none is.
	#rows = 0;
	readonly #routes: Route[] = [];
	readonly #lengths = new Uint16Array(SLOTS);

	constructor(options: MediaSenderOptions) {
		this.#options = options;
		this.#workspace = createWorkspace();
		this.#workspaces = [this.#workspace, ...Array.from({ length: options.sockets }, createWorkspace)];
	}

	send(packets: readonly MediaPacket[], destinations: readonly Destination[]): void {
		const fitting = packets.filter(({ payload }) => payload.length <= MAX_PAYLOAD);
		for (let dropped = packets.length - fitting.length; dropped > 0; dropped--) this.#options.onDropped();
		for (let start = 0; start < fitting.length; start += CHUNK) {
			this.#load(fitting, start);
			for (const destination of destinations) {
				const path = this.#options.pathOf(destination.peer);
				if (path !== undefined) this.#encrypt(path, destination);
			}
		}
		this.#flush();
	}

	#load(packets: readonly MediaPacket[], start: number): void {
		const chunk = this.#chunk;
		chunk.length = 0;
		for (let position = start; position < packets.length && position < start + CHUNK; position++) {
			chunk.push(packets[position] as MediaPacket);
		}
		this.#placePayloads();
	}

	#placePayloads(): void {
		const { memory, firstByte } = this.#workspace.signer;
		this.#chunk.forEach(({ payload }, position) => {
			memory.set(payload, firstByte + PLAIN + position * PAYLOAD);
		});
	}

	#encrypt({ srtp, route }: MediaPath, { payloadType, sequenceOffset }: Destination): void {
		if (this.#rows === ROWS) this.#flush();
		const chunk = this.#chunk;
		const { words, memory, firstByte, code } = this.#workspace.signer;
		const counters = firstByte + COUNTERS;
		let end = counters;
		for (let position = 0; position < chunk.length; position++) {
			const { ssrc, sequence, payload } = chunk[position] as MediaPacket;
			const index = srtp.advance(ssrc, (sequence + sequenceOffset) & 0xffff);
			this.#indexes[position] = index;
			const blocks = blocksOf(payload.length);
			if (index < 0 || blocks === 0) continue;
			srtp.writeCounter(words, end / 4, ssrc, index);
			code.countUp(end, blocks);
			end += blocks * AES_BLOCK;
		}
		let keyStream = firstByte + KEY_STREAM;
		memory.set(srtp.keyStream(memory.subarray(counters, end)), keyStream);
		const row = this.#rows++;
		const slots = row * CHUNK;
		this.#routes[row] = route;
		this.#lengths.fill(0, slots, slots + CHUNK);
		for (let position = 0; position < chunk.length; position++) {
			const index = this.#indexes[position] as number;
			if (index < 0) {
				this.#options.onDropped();
				continue;
			}
			const packet = chunk[position] as MediaPacket;
			this.#fillSlot(
				slots + position,
				srtp,
				packet,
				payloadType,
				index,
				firstByte + PLAIN + position * PAYLOAD,
				keyStream,
			);
			keyStream += blocksOf(packet.payload.length) * AES_BLOCK;
		}
	}

	#fillSlot(
		slot: number,
		srtp: SrtpSender,
		packet: MediaPacket,
		payloadType: number,
		index: number,
		plain: number,
		keyStream: number,
	): void {
		const { signer } = this.#workspace;
		const { words, memory, firstByte, code } = signer;
		const address = firstByte + slot * SLOT;
		const length = packet.payload.length;
		const word = address / 4;
		words[word] = networkOrder(0x80000000 | (packet.marker ? 0x800000 : 0) | (payloadType << 16) | (index & 0xffff));
		words[word + 1] = networkOrder(packet.timestamp);
		words[word + 2] = networkOrder(packet.ssrc);
		if (length > 0) code.exclusiveOr(address + HEADER, plain, keyStream, blocksOf(length));
		const end = address + HEADER + length;
		const rollOver = Math.floor(index / 0x10000);
		memory[end] = rollOver >>> 24;
		memory[end + 1] = rollOver >>> 16;
		memory[end + 2] = rollOver >>> 8;
		memory[end + 3] = rollOver;
		// The tag is put where the roll-over counter was: that is signed but not sent (RFC 3711 4.2).
		signer.add(srtp.authentication, address, HEADER + length + ROLL_OVER, end);
		this.#lengths[slot] = HEADER + length + tagLength;
	}

	#flush(): void {
		if (this.#rows === 0) return;
		const { signer } = this.#workspace;
		signer.flush();
		let datagrams = 0;
		let bytes = 0;
		for (let slot = 0; slot < this.#rows * CHUNK; slot++) {
			const length = this.#lengths[slot] as number;
			if (length === 0) continue;
			const route = this.#routes[Math.floor(slot / CHUNK)] as Route;
			if (!route.send(datagramOf(this.#workspace, slot, length))) continue;
			datagrams++;
			bytes += length;
		}
		this.#options.onSent(datagrams, bytes);
		this.#rows = 0;
		const { isHeld } = this.#options;
		if (!isHeld(signer.memory.buffer)) return;
		this.#workspace = this.#workspaces.find((other) => !isHeld(other.signer.memory.buffer)) as Workspace;
		this.#placePayloads();
	}
}

/** A signer, and the datagrams in the slots of its memory as they are handed to sockets. */
type Workspace = { readonly signer: PacketSigner; readonly datagrams: Buffer[] };

function createWorkspace(): Workspace {
	const signer = new PacketSigner(MEMORY, HEADER + MAX_PAYLOAD + ROLL_OVER);
	return { signer, datagrams: Array.from({ length: SLOTS }, () => signer.memory.subarray(0, 0)) };
}

/** The same object as the last time unless the length changed: all viewers' copies of a packet are equally long. */
function datagramOf({ signer, datagrams }: Workspace, slot: number, length: number): Buffer {
	const last = datagrams[slot] as Buffer;
	if (last.length === length) return last;
	const start = signer.firstByte + slot * SLOT;
	const datagram = signer.memory.subarray(start, start + length);
	datagrams[slot] = datagram;
	return datagram;
}

function blocksOf(length: number): number {
	return (length + AES_BLOCK - 1) >>> 4;
}
