import { type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Certificate } from '../../src/webrtc/transport/certificate.ts';
import { CIPHER_SUITES, type CipherSuite } from '../../src/webrtc/transport/dtls/cipher-suite.ts';
import { type Flight, packFlight } from '../../src/webrtc/transport/dtls/flight.ts';
import {
	type HandshakeMessage,
	HandshakeType,
	parseFragments,
	serializeMessage,
} from '../../src/webrtc/transport/dtls/handshake-message.ts';
import { createKeyExchange } from '../../src/webrtc/transport/dtls/key-exchange.ts';
import { deriveKeys, type KeySchedule } from '../../src/webrtc/transport/dtls/key-schedule.ts';
import { Reassembly } from '../../src/webrtc/transport/dtls/reassembly.ts';
import { ContentType, parseRecords } from '../../src/webrtc/transport/dtls/record.ts';
import { RecordLayer } from '../../src/webrtc/transport/dtls/record-layer.ts';
import { number, VectorReader, vector } from '../../src/webrtc/transport/dtls/vector.ts';

export type ClientScript = {
	readonly certificate: Certificate;
	/** What it signs with; the certificate's key by default. */
	readonly signingKey?: KeyObject;
	readonly scheme?: number;
	readonly version?: number;
	readonly cipherSuites?: readonly number[];
	readonly compressionMethods?: readonly number[];
	/** Extensions by type instead of, or besides, the usual ones; undefined leaves one out. */
	readonly extensions?: Readonly<Record<number, Buffer | undefined>>;
	readonly extendedMasterSecret?: boolean;
	/** Its messages on their way into the transcript and out: changed, replaced by several, or none. */
	readonly change?: (message: HandshakeMessage) => readonly HandshakeMessage[];
	/** Its messages on the wire only. */
	readonly forge?: (message: HandshakeMessage) => HandshakeMessage;
};

const DEFAULT_EXTENSIONS: Readonly<Record<number, Buffer>> = {
	10: vector(2, number(2, 0x001d), number(2, 0x0017)),
	11: vector(1, number(1, 0)),
	13: vector(2, number(2, 0x0403), number(2, 0x0804), number(2, 0x0401)),
	14: Buffer.concat([vector(2, number(2, 7), number(2, 1)), vector(1)]),
	65281: vector(1),
};

/**
 * A DTLS 1.2 client that does what it is told, without a socket or a timer. It is made of the parts of the server, so
 * it shows what the server does with a peer, not that the two agree with the standard: OpenSSL and others show that.
 */
export class ScriptedDtlsClient {
	readonly #script: ClientScript;
	readonly #layer = new RecordLayer();
	readonly #reassembly = new Reassembly();
	readonly #transcript: Buffer[] = [];
	readonly #random = randomBytes(32);
	#serverRandom: Buffer = Buffer.alloc(0);
	#suite: CipherSuite | undefined;
	#share: { readonly group: number; readonly publicKey: Buffer } = { group: 0, publicKey: Buffer.alloc(0) };
	#sent = 0;
	#flight: Flight = [];
	#keys: KeySchedule | undefined;
	/** Types of the server's handshake messages, and extensions of its hello. */
	readonly heard: number[] = [];
	readonly extensions = new Map<number, Buffer>();
	/** Levels and descriptions of the server's alerts. */
	readonly alerts: (readonly [number, number])[] = [];
	/** The server's Finished has come and is right. */
	finished = false;

	constructor(script: ClientScript) {
		this.#script = script;
	}

	get suite(): number | undefined {
		return this.#suite?.id;
	}

	get group(): number {
		return this.#share.group;
	}

	/** Keying material as the server should export it. */
	export(label: string, length: number): Buffer | undefined {
		return this.#keys?.export(label, length);
	}

	/** Its first flight. */
	start(): Buffer[] {
		const { version, cipherSuites, compressionMethods, extendedMasterSecret, extensions } = this.#script;
		const all: Record<number, Buffer | undefined> = { ...DEFAULT_EXTENSIONS };
		if (extendedMasterSecret ?? true) all[23] = Buffer.alloc(0);
		Object.assign(all, extensions);
		const body = Buffer.concat([
			number(2, version ?? 0xfefd),
			this.#random,
			vector(1),
			vector(1),
			vector(2, ...(cipherSuites ?? CIPHER_SUITES.map(({ id }) => id)).map((id) => number(2, id))),
			vector(1, Buffer.from(compressionMethods ?? [0])),
			vector(
				2,
				...Object.entries(all).map(([type, data]) =>
					data === undefined ? Buffer.alloc(0) : Buffer.concat([number(2, Number(type)), vector(2, data)]),
				),
			),
		]);
		this.#flight = this.#messages(HandshakeType.clientHello, body);
		return this.repeat();
	}

	/** Its latest flight again. */
	repeat(): Buffer[] {
		return packFlight(this.#flight, this.#layer);
	}

	/** A protected record of its own. */
	seal(type: number, plain: Buffer): Buffer {
		return this.#layer.seal(1, type, plain);
	}

	/** @returns what it answers; its last flight again for a server that repeats itself */
	receive(datagram: Buffer): Buffer[] {
		let answer: Buffer[] = [];
		for (const record of parseRecords(datagram)) {
			const plain = record.epoch === 0 ? record.fragment : this.#layer.open(record);
			if (plain === undefined) continue;
			if (record.type === ContentType.alert) this.alerts.push([plain.readUInt8(0), plain.readUInt8(1)]);
			if (record.type !== ContentType.handshake) continue;
			for (const fragment of parseFragments(plain)) {
				const repeated = fragment.type === HandshakeType.serverHelloDone && fragment.sequence < this.#reassembly.next;
				if (repeated && !this.finished) answer = this.repeat();
				this.#reassembly.add(fragment);
			}
			for (let message = this.#reassembly.shift(); message !== undefined; message = this.#reassembly.shift()) {
				this.#take(message);
				if (message.type === HandshakeType.serverHelloDone) {
					this.#flight = this.#lastFlight();
					answer = this.repeat();
				}
			}
		}
		return answer;
	}

	#take(message: HandshakeMessage): void {
		const { type, body } = message;
		this.heard.push(type);
		const reader = new VectorReader(body);
		if (type === HandshakeType.serverHello) {
			reader.number(2);
			this.#serverRandom = reader.bytes(32);
			reader.vector(1);
			const id = reader.number(2);
			this.#suite = CIPHER_SUITES.find((suite) => suite.id === id);
			reader.number(1);
			const extensions = new VectorReader(reader.vector(2));
			while (!extensions.atEnd) this.extensions.set(extensions.number(2), extensions.vector(2));
		} else if (type === HandshakeType.serverKeyExchange) {
			reader.number(1);
			this.#share = { group: reader.number(2), publicKey: reader.vector(1) };
		} else if (type === HandshakeType.finished) {
			this.finished = this.#keys?.verifyData('server', this.#before()).equals(body) ?? false;
		}
		this.#transcript.push(serializeMessage(message));
	}

	#lastFlight(): Flight {
		const { certificate, signingKey, scheme, extendedMasterSecret } = this.#script;
		const flight = [...this.#messages(HandshakeType.certificate, vector(3, vector(3, certificate.der)))];
		const exchange = createKeyExchange(this.#share.group);
		flight.push(...this.#messages(HandshakeType.clientKeyExchange, vector(1, exchange.publicKey)));
		const keys = deriveKeys(
			this.#suite as CipherSuite,
			exchange.agree(this.#share.publicKey),
			{ client: this.#random, server: this.#serverRandom },
			(extendedMasterSecret ?? true) ? this.#before() : undefined,
		);
		this.#keys = keys;
		const { client, server } = keys.ciphers();
		this.#layer.setCiphers(server, client);
		const signature = sign('sha256', this.#before(), signingKey ?? certificate.privateKey);
		const proof = Buffer.concat([number(2, scheme ?? 0x0403), vector(2, signature)]);
		flight.push(...this.#messages(HandshakeType.certificateVerify, proof), { type: 'changeCipherSpec' });
		flight.push(...this.#messages(HandshakeType.finished, keys.verifyData('client', this.#before()), 1));
		return flight;
	}

	#messages(type: number, body: Buffer, epoch: 0 | 1 = 0): Flight {
		const changed = this.#script.change?.({ type, sequence: this.#sent, body }) ?? [{ type, sequence: 0, body }];
		return changed.map((each) => {
			const message = { ...each, sequence: this.#sent++ };
			this.#transcript.push(serializeMessage(message));
			return { type: 'message', epoch, message: this.#script.forge?.(message) ?? message };
		});
	}

	#before(): Buffer {
		return Buffer.concat(this.#transcript);
	}
}
