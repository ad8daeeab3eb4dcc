import { DtlsServer } from 'werift';
import type { Certificate } from './certificate.ts';
import { type Fingerprint, verifyClient } from './client-proof.ts';
import { AlertDescription, AlertLevel, alertName } from './dtls-alert.ts';
import { ContentType, DTLS_1_2, type DtlsRecord, parseRecords, serializeRecord } from './dtls-record.ts';
import { HandshakeGate, isPlainHandshake } from './handshake-gate.ts';
import { MAX_HANDSHAKE_DATAGRAMS, MAX_SECURED_DATAGRAMS } from './limits.ts';
import { AES128_CM_SHA1_80, type MasterKey } from './srtp-keys.ts';

export type DtlsSessionOptions = {
	readonly certificate: Certificate;
	/** Of the certificate the client must have. */
	readonly remoteFingerprint: Fingerprint;
	send(datagram: Buffer): void;
	/** The client is who it should be: media may flow with these keys (RFC 5764 4.2). */
	onSecured(keys: { readonly local: MasterKey; readonly remote: MasterKey }): void;
	/** The session is over: the client closed it, or the handshake failed. */
	onClosed(reason: string): void;
};

type State = 'handshake' | 'secured' | 'closed';

/** Above every sequence number the library uses for its own records, as a GCM nonce must never repeat. */
const FIRST_ALERT_SEQUENCE = 0x10000;
/** What the library's retransmission timer takes as "the client has answered". */
const LAST_FLIGHT = 6;

/**
 * DTLS 1.2 in the server's role for one viewer. The library does the handshake; this class decides what reaches it,
 * proves the client's identity, which the library does not, and speaks the alerts.
 */
export class DtlsSession {
	readonly #options: DtlsSessionOptions;
	readonly #server: DtlsServer;
	readonly #gate = new HandshakeGate();
	readonly #transport: { onData: (datagram: Buffer, from: readonly [string, number]) => void };
	#state: State = 'handshake';
	#datagrams = 0;
	#alertSequence = FIRST_ALERT_SEQUENCE;

	constructor(options: DtlsSessionOptions) {
		this.#options = options;
		const transport = {
			type: 'udp',
			address: { address: '', family: '', port: 0 },
			closed: false,
			onData(_datagram: Buffer, _from: readonly [string, number]): void {},
			send: async (datagram: Buffer): Promise<void> => {
				if (this.#state !== 'closed') options.send(datagram);
			},
			close: async (): Promise<void> => {},
		};
		this.#transport = transport;
		const { certPem, keyPem, signatureHash } = options.certificate;
		this.#server = new DtlsServer({
			transport,
			cert: certPem,
			key: keyPem,
			signatureHash,
			srtpProfiles: [AES128_CM_SHA1_80.profile],
			certificateRequest: true,
			extendedMasterSecret: true,
		});
		this.#server.onConnect.subscribe(() => this.#finish());
		this.#server.onError.subscribe((error: unknown) => {
			if (this.#state === 'handshake') this.#fail(`DTLS handshake failed: ${describe(error)}`);
		});
	}

	/** Takes one datagram. Costs milliseconds while the handshake runs. */
	receive(datagram: Buffer): void {
		for (const record of parseRecords(datagram)) {
			if (this.#state === 'closed') return;
			if (record.type === ContentType.alert) this.#takeAlert(record);
			else if (record.type === ContentType.handshake) this.#takeHandshake(record);
		}
		this.#datagrams++;
		if (this.#state === 'handshake' && this.#datagrams > MAX_HANDSHAKE_DATAGRAMS) {
			this.#fail(`the DTLS handshake took more than ${MAX_HANDSHAKE_DATAGRAMS} datagrams`);
		}
	}

	/** Says goodbye (close_notify) and ends. Idempotent; `onClosed` is not called. */
	close(): void {
		if (this.#state === 'secured') this.#sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
		this.#end();
	}

	#takeHandshake(record: DtlsRecord): void {
		if (this.#state === 'secured') {
			// The client did not get the last flight and repeats its Finished; that is answered, within bounds.
			if (record.epoch > 0 && this.#datagrams < MAX_HANDSHAKE_DATAGRAMS + MAX_SECURED_DATAGRAMS) {
				this.#feed(serializeRecord(record));
			}
			return;
		}
		const admitted = isPlainHandshake(record) ? this.#gate.take(record) : this.#gate.takeEncrypted(record);
		for (const datagram of admitted) this.#feed(datagram);
	}

	#feed(datagram: Buffer): void {
		try {
			this.#transport.onData(datagram, ['', 0]);
		} catch (error) {
			this.#fail(`DTLS handshake failed: ${describe(error)}`);
		}
	}

	/** The library says the handshake is over, and says so again for a repeated Finished. */
	#finish(): void {
		if (this.#state !== 'handshake') return;
		const { dtls, cipher, srtp } = this.#server;
		const transcript = dtls.sortedHandshakeCache.map((message) => ({
			type: message.msg_type,
			bytes: message.serialize(),
		}));
		const failure = verifyClient(transcript, cipher.masterSecret, this.#options.remoteFingerprint);
		if (failure !== undefined) {
			this.#fail(failure.reason, failure.alert);
		} else if (srtp.srtpProfile !== AES128_CM_SHA1_80.profile) {
			this.#fail('the client supports no common SRTP protection profile');
		} else {
			this.#secure();
		}
	}

	#secure(): void {
		const { localKey, localSalt, remoteKey, remoteSalt } = this.#server.extractSessionKeys(
			AES128_CM_SHA1_80.keyLength,
			AES128_CM_SHA1_80.saltLength,
		);
		this.#state = 'secured';
		this.#datagrams = 0;
		this.#options.onSecured({
			local: { key: localKey, salt: localSalt },
			remote: { key: remoteKey, salt: remoteSalt },
		});
	}

	/** Alerts in the clear count during the handshake only: afterwards anyone could have sent them. */
	#takeAlert(record: DtlsRecord): void {
		const plain = record.epoch > 0 ? this.#decrypt(record) : this.#state === 'handshake' ? record.fragment : undefined;
		const [level, description] = plain ?? [];
		if (plain?.length !== 2 || description === undefined) return;
		if (level !== AlertLevel.fatal && description !== AlertDescription.closeNotify) return;
		if (this.#state === 'secured' && description === AlertDescription.closeNotify) {
			this.#sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
		}
		this.#end();
		this.#options.onClosed(`the viewer ended DTLS: ${alertName(description)}`);
	}

	#decrypt({ type, version, epoch, sequence, fragment }: DtlsRecord): Buffer | undefined {
		const { cipher } = this.#server;
		try {
			return cipher.cipher.decrypt(cipher.sessionType, fragment, { type, version, epoch, sequenceNumber: sequence });
		} catch {
			return undefined;
		}
	}

	#sendAlert(level: number, description: number): void {
		const { cipher, dtls } = this.#server;
		const header = { type: ContentType.alert, version: DTLS_1_2, epoch: dtls.epoch, sequence: this.#alertSequence++ };
		const plain = Buffer.from([level, description]);
		const fragment =
			dtls.epoch === 0
				? plain
				: cipher.cipher.encrypt(cipher.sessionType, plain, { ...header, sequenceNumber: header.sequence });
		this.#options.send(serializeRecord({ ...header, fragment }));
	}

	#fail(reason: string, alert: number = AlertDescription.handshakeFailure): void {
		if (this.#state === 'closed') return;
		this.#sendAlert(AlertLevel.fatal, alert);
		this.#end();
		this.#options.onClosed(reason);
	}

	#end(): void {
		this.#state = 'closed';
		this.#server.dtls.flight = LAST_FLIGHT;
	}
}

/** The library throws strings, too. */
function describe(error: unknown): string {
	return error instanceof Error ? error.message || 'refused by the DTLS library' : String(error);
}
