import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** The server's self-signed certificate. Its key never leaves the process. */
export type Certificate = {
	/** X.509. */
	readonly der: Buffer;
	/** P-256. */
	readonly privateKey: KeyObject;
	/** `sha-256 AB:CD:…`, the value of `a=fingerprint` (RFC 8122). */
	readonly fingerprint: string;
};

const COMMON_NAME = 'Dualcast';
const VALID_DAYS = 365;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Tags of DER (X.690). */
const Tag = {
	integer: 0x02,
	bitString: 0x03,
	utf8String: 0x0c,
	generalizedTime: 0x18,
	utcTime: 0x17,
	sequence: 0x30,
	set: 0x31,
	explicit0: 0xa0,
} as const;

const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const ID_AT_COMMON_NAME = Buffer.from('0603550403', 'hex');
const VERSION_3 = Buffer.from([2]);

/**
 * A new P-256 certificate (RFC 5280 4.1). WebRTC knows certificates by their fingerprints, so names mean nothing.
 *
 * @param wall ms since the Unix epoch; the certificate is valid from a day before, for clocks that differ
 */
export function createCertificate(wall: number): Certificate {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const name = der(
		Tag.sequence,
		der(Tag.set, der(Tag.sequence, ID_AT_COMMON_NAME, der(Tag.utf8String, Buffer.from(COMMON_NAME)))),
	);
	const algorithm = der(Tag.sequence, ECDSA_WITH_SHA256);
	const certificate = der(
		Tag.sequence,
		der(Tag.explicit0, der(Tag.integer, VERSION_3)),
		der(Tag.integer, serialNumber()),
		algorithm,
		name,
		der(Tag.sequence, time(wall - DAY_MS), time(wall + VALID_DAYS * DAY_MS)),
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
	);
	const signature = sign('sha256', certificate, privateKey);
	const signed = der(Tag.sequence, certificate, algorithm, der(Tag.bitString, Buffer.from([0]), signature));
	return { der: signed, privateKey, fingerprint: `sha-256 ${sha256Fingerprint(signed)}` };
}

function sha256Fingerprint(bytes: Buffer): string {
	const digest = createHash('sha256').update(bytes).digest('hex').toUpperCase();
	return digest.replace(/..(?=.)/g, '$&:');
}

/** Positive and without a leading zero. */
function serialNumber(): Buffer {
	const bytes = randomBytes(16);
	bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
	return bytes;
}

/** `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` from 2050 (RFC 5280 4.1.2.5). */
function time(wall: number): Buffer {
	const digits = new Date(wall).toISOString().replace(/[-:T]|\..*/g, '');
	return digits < '2050'
		? der(Tag.utcTime, Buffer.from(`${digits.slice(2)}Z`))
		: der(Tag.generalizedTime, Buffer.from(`${digits}Z`));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
	const body = Buffer.concat(parts);
	const length =
		body.length < 0x80
			? [body.length]
			: body.length < 0x100
				? [0x81, body.length]
				: [0x82, body.length >> 8, body.length & 0xff];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
