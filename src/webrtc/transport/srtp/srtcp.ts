import { createCipheriv, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { MAX_SSRCS } from '../limits.ts';
import { ReplayWindow } from './replay-window.ts';
import { AES128_CM_SHA1_80, initialCounter, type SessionKeys } from './srtp-keys.ts';

const HEADER = 8;
const SSRC_POSITION = 4;
const INDEX_LENGTH = 4;
const ENCRYPTED = 0x80000000;
const MAX_INDEX = 0x7fffffff;
const { tagLength } = AES128_CM_SHA1_80;

/** One direction's SRTCP key (RFC 3711 3.4). */
class SrtcpKey {
	readonly #keys: SessionKeys;
	readonly #authentication: KeyObject;

	constructor(keys: SessionKeys) {
		this.#keys = keys;
		this.#authentication = createSecretKey(keys.authentication);
	}

	/** Encryption and decryption are the same operation. */
	crypt(bytes: Uint8Array, ssrc: number, index: number): Buffer {
		const counter = initialCounter(this.#keys.salt, ssrc, index);
		return createCipheriv('aes-128-ctr', this.#keys.encryption, counter).update(bytes);
	}

	tag(signed: Uint8Array): Buffer {
		return createHmac('sha1', this.#authentication).update(signed).digest().subarray(0, tagLength);
	}
}

/** Encrypts and signs RTCP for one viewer. */
export class SrtcpSender {
	readonly #key: SrtcpKey;
	#index = 0;

	constructor(keys: SessionKeys) {
		this.#key = new SrtcpKey(keys);
	}

	/**
	 * @param packet a compound RTCP packet of at least 8 bytes
	 * @returns undefined when the key has been used up (2^31 packets)
	 */
	protect(packet: Uint8Array): Buffer | undefined {
		if (this.#index > MAX_INDEX) return undefined;
		const index = this.#index++;
		const signed = Buffer.alloc(packet.length + INDEX_LENGTH);
		signed.set(packet);
		signed.set(this.#key.crypt(packet.subarray(HEADER), signed.readUInt32BE(SSRC_POSITION), index), HEADER);
		signed.writeUInt32BE((ENCRYPTED | index) >>> 0, packet.length);
		return Buffer.concat([signed, this.#key.tag(signed)]);
	}
}

/** Authenticates, checks for replay and decrypts RTCP of one viewer. */
export class SrtcpReceiver {
	readonly #key: SrtcpKey;
	readonly #windows = new Map<number, ReplayWindow>();

	constructor(keys: SessionKeys) {
		this.#key = new SrtcpKey(keys);
	}

	/** @returns the compound packet, or undefined if it is not authentic, was not encrypted, or came before */
	unprotect(datagram: Buffer): Buffer | undefined {
		const end = datagram.length - tagLength - INDEX_LENGTH;
		if (end < HEADER) return undefined;
		const signed = datagram.subarray(0, end + INDEX_LENGTH);
		if (!timingSafeEqual(this.#key.tag(signed), datagram.subarray(end + INDEX_LENGTH))) return undefined;
		const field = datagram.readUInt32BE(end);
		if (field < ENCRYPTED) return undefined;
		const index = field - ENCRYPTED;
		const ssrc = datagram.readUInt32BE(SSRC_POSITION);
		const window = this.#window(ssrc);
		if (!window?.isNew(index)) return undefined;
		window.accept(index);
		const decrypted = this.#key.crypt(datagram.subarray(HEADER, end), ssrc, index);
		return Buffer.concat([datagram.subarray(0, HEADER), decrypted]);
	}

	#window(ssrc: number): ReplayWindow | undefined {
		const known = this.#windows.get(ssrc);
		if (known !== undefined || this.#windows.size >= MAX_SSRCS) return known;
		const window = new ReplayWindow();
		this.#windows.set(ssrc, window);
		return window;
	}
}
