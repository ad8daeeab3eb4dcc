import { type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Certificate } from '../certificate.ts';
import { AlertDescription, HandshakeFailure } from './alert.ts';
import { type Fingerprint, offeredKey, verifyPossession } from './client-certificate.ts';
import { parseClientHello } from './client-hello.ts';
import type { Flight } from './flight.ts';
import { type HandshakeMessage, HandshakeType, serializeMessage } from './handshake-message.ts';
import { createKeyExchange, type KeyExchange } from './key-exchange.ts';
import { deriveKeys, type KeySchedule, type Randoms } from './key-schedule.ts';
import { type Negotiated, negotiate } from './negotiation.ts';
import { Epoch } from './record-layer.ts';
import { certificateList, certificateRequest, serverHello, serverKeyExchange } from './server-messages.ts';
import { VectorReader } from './vector.ts';

/** What follows from a message of the client. */
export type Step =
	| { readonly type: 'wait' }
	/** The client answers this flight. */
	| { readonly type: 'answer'; readonly flight: Flight }
	/** Records of epoch 1 can be opened and sealed. */
	| { readonly type: 'keyed'; readonly keys: KeySchedule }
	/** The client is who it should be and nobody changed the handshake; this is the last flight. */
	| { readonly type: 'complete'; readonly flight: Flight; readonly keys: KeySchedule };

/** Which message comes next, and what is done with it. */
type Turn = {
	readonly expects: number;
	/** @param before the transcript up to the message */
	take(body: Buffer, before: Buffer): Step;
};

type Agreement = Negotiated & {
	readonly randoms: Randoms;
	readonly exchange: KeyExchange;
	readonly extendedMasterSecret: boolean;
};

const RANDOM_LENGTH = 32;
const WAIT: Step = { type: 'wait' };

/**
 * A full handshake of DTLS 1.2 in the server's role with a client that has a certificate (RFC 5246 7.3). There is no
 * cookie exchange, as ICE has proven the client's address, no resumption and no renegotiation.
 */
export class ServerHandshake {
	readonly #certificate: Certificate;
	readonly #remoteFingerprint: Fingerprint;
	/** Every message so far, as both sides hash it. */
	readonly #transcript: Buffer[] = [];
	#sent = 0;
	#turn: Turn | undefined = { expects: HandshakeType.clientHello, take: (body) => this.#takeHello(body) };

	constructor(certificate: Certificate, remoteFingerprint: Fingerprint) {
		this.#certificate = certificate;
		this.#remoteFingerprint = remoteFingerprint;
	}

	/**
	 * Takes the client's next message.
	 *
	 * @throws HandshakeFailure when the handshake must end
	 */
	take(message: HandshakeMessage): Step {
		const turn = this.#turn;
		this.#turn = undefined;
		if (message.type !== turn?.expects) {
			throw new HandshakeFailure(
				AlertDescription.unexpectedMessage,
				`handshake message ${message.type} came out of turn`,
			);
		}
		const before = this.#transcriptBytes();
		this.#transcript.push(serializeMessage(message));
		return turn.take(message.body, before);
	}

	#takeHello(body: Buffer): Step {
		const hello = parseClientHello(body);
		const { suite, group } = negotiate(hello);
		const randoms = { client: hello.random, server: randomBytes(RANDOM_LENGTH) };
		const exchange = createKeyExchange(group);
		const agreement = { suite, group, randoms, exchange, extendedMasterSecret: hello.extendedMasterSecret };
		this.#turn = {
			expects: HandshakeType.certificate,
			take: (certificate) => this.#takeCertificate(certificate, agreement),
		};
		const { der, privateKey } = this.#certificate;
		const messages: readonly (readonly [number, Buffer])[] = [
			[HandshakeType.serverHello, serverHello(hello, randoms.server, suite)],
			[HandshakeType.certificate, certificateList(der)],
			[HandshakeType.serverKeyExchange, serverKeyExchange(exchange, randoms, privateKey)],
			[HandshakeType.certificateRequest, certificateRequest()],
			[HandshakeType.serverHelloDone, Buffer.alloc(0)],
		];
		const flight: Flight = messages.map(([type, content]) => ({
			type: 'message',
			epoch: Epoch.clear,
			message: this.#message(type, content),
		}));
		return { type: 'answer', flight };
	}

	#takeCertificate(body: Buffer, agreement: Agreement): Step {
		const clientKey = offeredKey(body, this.#remoteFingerprint);
		this.#turn = {
			expects: HandshakeType.clientKeyExchange,
			take: (share) => this.#takeKeyExchange(share, agreement, clientKey),
		};
		return WAIT;
	}

	#takeKeyExchange(body: Buffer, agreement: Agreement, clientKey: KeyObject): Step {
		const reader = new VectorReader(body);
		const premaster = agreement.exchange.agree(reader.vector(1));
		reader.end();
		const { suite, randoms, extendedMasterSecret } = agreement;
		const transcript = extendedMasterSecret ? this.#transcriptBytes() : undefined;
		const keys = deriveKeys(suite, premaster, randoms, transcript);
		this.#turn = {
			expects: HandshakeType.certificateVerify,
			take: (proof, before) => {
				verifyPossession(proof, clientKey, before);
				this.#turn = {
					expects: HandshakeType.finished,
					take: (verifyData, before) => this.#takeFinished(verifyData, before, keys),
				};
				return WAIT;
			},
		};
		return { type: 'keyed', keys };
	}

	#takeFinished(body: Buffer, before: Buffer, keys: KeySchedule): Step {
		const expected = keys.verifyData('client', before);
		if (body.length !== expected.length || !timingSafeEqual(body, expected)) {
			throw new HandshakeFailure(AlertDescription.decryptError, 'the handshake was changed on its way');
		}
		const verifyData = keys.verifyData('server', this.#transcriptBytes());
		const finished = this.#message(HandshakeType.finished, verifyData);
		const flight: Flight = [
			{ type: 'changeCipherSpec' },
			{ type: 'message', epoch: Epoch.protected, message: finished },
		];
		return { type: 'complete', flight, keys };
	}

	/** The server's next message, which becomes a part of the transcript. */
	#message(type: number, body: Buffer): HandshakeMessage {
		const message = { type, sequence: this.#sent++, body };
		this.#transcript.push(serializeMessage(message));
		return message;
	}

	#transcriptBytes(): Buffer {
		return Buffer.concat(this.#transcript);
	}
}
