import type { Clock } from '../../../base/clock.ts';
import type { Certificate } from '../certificate.ts';
import { MAX_EARLY_RECORDS, MAX_HANDSHAKE_DATAGRAMS, MAX_REPEATED_FLIGHTS } from '../limits.ts';
import type { MasterKey } from '../srtp/srtp-keys.ts';
import { AlertDescription, AlertLevel, alertName, HandshakeFailure } from './alert.ts';
import type { Fingerprint } from './client-certificate.ts';
import { HandshakeType, parseFragments } from './handshake-message.ts';
import { Reassembly } from './reassembly.ts';
import { ContentType, type DtlsRecord, parseRecords } from './record.ts';
import { Epoch, RecordLayer } from './record-layer.ts';
import { Retransmission } from './retransmission.ts';
import { ServerHandshake, type Step } from './server-handshake.ts';
import { exportSrtpKeys } from './srtp-export.ts';

export type DtlsSessionOptions = {
	readonly certificate: Certificate;
	/** Of the certificate the client must have. */
	readonly remoteFingerprint: Fingerprint;
	readonly clock: Clock;
	send(datagram: Buffer): void;
	/** The client is who it should be: media may flow with these keys (RFC 5764 4.2). */
	onSecured(keys: { readonly local: MasterKey; readonly remote: MasterKey }): void;
	/** The session is over: the client closed it, or the handshake failed. */
	onClosed(reason: string): void;
};

type State = 'handshake' | 'secured' | 'closed';

/** DTLS 1.2 in the server's role for one viewer (RFC 6347), as far as SRTP needs it (RFC 5764). */
export class DtlsSession {
	readonly #options: DtlsSessionOptions;
	readonly #layer = new RecordLayer();
	readonly #reassembly = new Reassembly();
	readonly #handshake: ServerHandshake;
	readonly #retransmission: Retransmission;
	/** Protected records that came before the keys. */
	readonly #early: DtlsRecord[] = [];
	#state: State = 'handshake';
	#datagrams = 0;
	#repeats = 0;
	/** Number of the latest record with (the start of) a ClientHello. */
	#helloRecord = -1;

	constructor(options: DtlsSessionOptions) {
		this.#options = options;
		this.#handshake = new ServerHandshake(options.certificate, options.remoteFingerprint);
		this.#retransmission = new Retransmission(options.clock, this.#layer, options.send);
	}

	/** Takes one datagram of a proven address; valid during the call only. */
	receive(datagram: Buffer): void {
		for (const record of parseRecords(datagram)) {
			if (this.#state === 'closed') return;
			if (record.epoch === Epoch.clear) this.#takeClear(record);
			else if (record.epoch === Epoch.protected) this.#takeProtected(record);
		}
		if (this.#state === 'handshake' && ++this.#datagrams > MAX_HANDSHAKE_DATAGRAMS) {
			const reason = `the DTLS handshake took more than ${MAX_HANDSHAKE_DATAGRAMS} datagrams`;
			this.#fail(new HandshakeFailure(AlertDescription.handshakeFailure, reason));
		}
	}

	/** Says goodbye (close_notify) and ends. Idempotent; `onClosed` is not called. */
	close(): void {
		if (this.#state === 'secured') this.#sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
		this.#end();
	}

	/**
	 * Records in the clear count during the handshake only: afterwards anyone could have sent them. A
	 * ChangeCipherSpec is not waited for, as each record tells its epoch.
	 */
	#takeClear(record: DtlsRecord): void {
		if (this.#state !== 'handshake') return;
		if (record.type === ContentType.alert) this.#takeAlert(record.fragment);
		if (record.type !== ContentType.handshake) return;
		for (const fragment of parseFragments(record.fragment)) {
			const { type, offset, sequence } = fragment;
			if (type === HandshakeType.clientHello && offset === 0) this.#repeatFor(record, sequence);
			if (type !== HandshakeType.finished) this.#reassembly.add(fragment);
		}
		this.#advance();
	}

	/** A client that repeats its hello did not get the answer. A copy that the network made does not count. */
	#repeatFor(record: DtlsRecord, messageSequence: number): void {
		const answered = messageSequence + 1 === this.#reassembly.next;
		if (answered && record.sequence > this.#helloRecord) this.#repeat();
		this.#helloRecord = Math.max(this.#helloRecord, record.sequence);
	}

	#takeProtected(record: DtlsRecord): void {
		if (!this.#layer.keyed) {
			if (this.#early.length < MAX_EARLY_RECORDS) {
				this.#early.push({ ...record, fragment: Buffer.from(record.fragment) });
			}
			return;
		}
		const plain = this.#layer.open(record);
		if (plain === undefined) return;
		if (record.type === ContentType.alert) this.#takeAlert(plain);
		if (record.type === ContentType.handshake) this.#takeFinished(plain);
	}

	/** The only message that is protected. A client that repeats it did not get the last flight. */
	#takeFinished(plain: Buffer): void {
		for (const fragment of parseFragments(plain)) {
			if (fragment.type !== HandshakeType.finished) continue;
			if (this.#state === 'handshake') this.#reassembly.add(fragment);
			else this.#repeat();
		}
		this.#advance();
	}

	/** What the client makes the server send stays within bounds: its address may be forged. */
	#repeat(): void {
		if (this.#repeats++ < MAX_REPEATED_FLIGHTS) this.#retransmission.repeat();
	}

	/** Takes the messages that are whole, in order. */
	#advance(): void {
		try {
			while (this.#state === 'handshake') {
				const message = this.#reassembly.shift();
				if (message === undefined) return;
				this.#act(this.#handshake.take(message));
			}
		} catch (error) {
			if (!(error instanceof HandshakeFailure)) throw error;
			this.#fail(error);
		}
	}

	#act(step: Step): void {
		switch (step.type) {
			case 'answer':
				this.#retransmission.start(step.flight);
				break;
			case 'keyed': {
				const { client, server } = step.keys.ciphers();
				this.#layer.setCiphers(client, server);
				for (const record of this.#early.splice(0)) {
					if (this.#state === 'handshake') this.#takeProtected(record);
				}
				break;
			}
			case 'complete': {
				this.#state = 'secured';
				this.#retransmission.finish(step.flight);
				const { client, server } = exportSrtpKeys(step.keys);
				this.#options.onSecured({ local: server, remote: client });
				break;
			}
			default:
		}
	}

	#takeAlert(plain: Buffer): void {
		const [level, description] = plain;
		if (plain.length !== 2 || description === undefined) return;
		if (level !== AlertLevel.fatal && description !== AlertDescription.closeNotify) return;
		if (description === AlertDescription.closeNotify) this.close();
		else this.#end();
		this.#options.onClosed(`the viewer ended DTLS: ${alertName(description)}`);
	}

	#sendAlert(level: number, description: number): void {
		const epoch = this.#state === 'secured' ? Epoch.protected : Epoch.clear;
		this.#options.send(this.#layer.seal(epoch, ContentType.alert, Buffer.from([level, description])));
	}

	#fail({ alert, message }: HandshakeFailure): void {
		this.#sendAlert(AlertLevel.fatal, alert);
		this.#end();
		this.#options.onClosed(message);
	}

	#end(): void {
		this.#state = 'closed';
		this.#retransmission.stop();
	}
}
