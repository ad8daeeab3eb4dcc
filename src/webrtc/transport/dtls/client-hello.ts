import { AlertDescription, HandshakeFailure } from './alert.ts';
import { VectorReader } from './vector.ts';

/** What a ClientHello offers (RFC 5246 7.4.1.2); lists are empty when their extension is missing. */
export type ClientHello = {
	/** The highest version up to 1.2; `versions` say more. */
	readonly version: number;
	readonly random: Buffer;
	readonly cipherSuites: readonly number[];
	readonly compressionMethods: readonly number[];
	/** `supported_versions` (RFC 8446 4.2.1): a client that also speaks 1.3 lists what it takes. */
	readonly versions: readonly number[];
	readonly groups: readonly number[];
	readonly signatureSchemes: readonly number[];
	readonly pointFormats: readonly number[];
	readonly srtpProfiles: readonly number[];
	readonly extendedMasterSecret: boolean;
	/** Of the extension `renegotiation_info` or the suite that stands for it (RFC 5746). */
	readonly secureRenegotiation: boolean;
};

export const ExtensionType = {
	supportedGroups: 10,
	ecPointFormats: 11,
	signatureAlgorithms: 13,
	useSrtp: 14,
	extendedMasterSecret: 23,
	supportedVersions: 43,
	renegotiationInfo: 0xff01,
} as const;

const RANDOM_LENGTH = 32;
const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** @throws HandshakeFailure when it is malformed */
export function parseClientHello(body: Buffer): ClientHello {
	const reader = new VectorReader(body);
	const version = reader.number(2);
	const random = reader.bytes(RANDOM_LENGTH);
	reader.vector(1); // session_id: nothing is resumed
	reader.vector(1); // cookie: the address has been proven by ICE
	const cipherSuites = reader.numbers(2, 2);
	const compressionMethods = reader.numbers(1, 1);
	const extensions = reader.atEnd ? new Map<number, Buffer>() : parseExtensions(reader);
	refuseRenegotiation(extensions.get(ExtensionType.renegotiationInfo));
	const list = (type: number, width: number, size: number): number[] => {
		const extension = extensions.get(type);
		return extension === undefined ? [] : new VectorReader(extension).numbers(width, size);
	};
	return {
		version,
		random,
		cipherSuites,
		compressionMethods,
		versions: list(ExtensionType.supportedVersions, 1, 2),
		groups: list(ExtensionType.supportedGroups, 2, 2),
		signatureSchemes: list(ExtensionType.signatureAlgorithms, 2, 2),
		pointFormats: list(ExtensionType.ecPointFormats, 1, 1),
		srtpProfiles: list(ExtensionType.useSrtp, 2, 2),
		extendedMasterSecret: extensions.has(ExtensionType.extendedMasterSecret),
		secureRenegotiation:
			extensions.has(ExtensionType.renegotiationInfo) || cipherSuites.includes(EMPTY_RENEGOTIATION_INFO_SCSV),
	};
}

/** By type; of one that is repeated, the first. Types the server does not know do no harm. */
function parseExtensions(hello: VectorReader): Map<number, Buffer> {
	const extensions = new Map<number, Buffer>();
	const reader = new VectorReader(hello.vector(2));
	hello.end();
	while (!reader.atEnd) {
		const type = reader.number(2);
		const data = reader.vector(2);
		if (!extensions.has(type)) extensions.set(type, data);
	}
	return extensions;
}

/** The first handshake of an association has nothing to refer to (RFC 5746 3.6). */
function refuseRenegotiation(extension: Buffer | undefined): void {
	if (extension === undefined) return;
	if (new VectorReader(extension).vector(1).length > 0) {
		throw new HandshakeFailure(AlertDescription.handshakeFailure, 'the client renegotiates, which is not supported');
	}
}
