/** Alerts of TLS 1.2 (RFC 5246 7.2). */

export const AlertLevel = { warning: 1, fatal: 2 } as const;

export const AlertDescription = {
	closeNotify: 0,
	unexpectedMessage: 10,
	handshakeFailure: 40,
	badCertificate: 42,
	illegalParameter: 47,
	decodeError: 50,
	decryptError: 51,
	protocolVersion: 70,
	internalError: 80,
} as const;

const NAMES: Readonly<Record<number, string>> = {
	0: 'close_notify',
	10: 'unexpected_message',
	20: 'bad_record_mac',
	40: 'handshake_failure',
	42: 'bad_certificate',
	43: 'unsupported_certificate',
	46: 'certificate_unknown',
	47: 'illegal_parameter',
	48: 'unknown_ca',
	50: 'decode_error',
	51: 'decrypt_error',
	70: 'protocol_version',
	71: 'insufficient_security',
	80: 'internal_error',
	90: 'user_canceled',
	110: 'unsupported_extension',
};

/** The field's name of an alert, or its number. */
export function alertName(description: number): string {
	return NAMES[description] ?? `alert ${description}`;
}

/** Ends a handshake: the reason for people, and the alert for the client. */
export class HandshakeFailure extends Error {
	readonly alert: number;

	/** @param alert one of `AlertDescription` */
	constructor(alert: number, reason: string) {
		super(reason);
		this.name = 'HandshakeFailure';
		this.alert = alert;
	}
}
