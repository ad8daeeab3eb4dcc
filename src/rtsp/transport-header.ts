/** The Transport header (RFC 2326 section 12.39). */
export type TransportHeader = {
	readonly lower: 'tcp' | 'udp';
	/** `RTP/AVP`, `RTP/SAVP`, … */
	readonly profile: string;
	readonly multicast: boolean;
	/** Channels of RTP and RTCP, 0 … 255 each. */
	readonly interleaved?: PortPair;
	readonly clientPort?: PortPair;
	readonly serverPort?: PortPair;
	/** Of a multicast group. */
	readonly port?: PortPair;
	/** Hops a multicast packet may make, 0 … 255. */
	readonly ttl?: number;
	/** Address the media comes from, as claimed by the peer. */
	readonly source?: string;
	readonly destination?: string;
	/** 32 bit */
	readonly ssrc?: number;
	/** `PLAY` or `RECORD`, as written. */
	readonly mode?: string;
};

/** The number for RTP and the one for RTCP. */
export type PortPair = readonly [rtp: number, rtcp: number];

type Mutable = { -readonly [Key in keyof TransportHeader]: TransportHeader[Key] };

/** Alternatives read of one header; the rest is ignored. */
const MAX_ALTERNATIVES = 16;

/**
 * Reads a Transport header: the alternatives of a request in order of preference, or the one choice of a response.
 * Parameters that are unknown or malformed are left out; alternatives that are not RTP are too.
 */
export function parseTransport(value: string): TransportHeader[] {
	const alternatives: TransportHeader[] = [];
	for (const text of value.split(',', MAX_ALTERNATIVES)) {
		const alternative = parseAlternative(text);
		if (alternative) alternatives.push(alternative);
	}
	return alternatives;
}

/** One alternative as text. */
export function buildTransport(transport: TransportHeader): string {
	const parts = [transport.lower === 'tcp' ? `${transport.profile}/TCP` : transport.profile];
	parts.push(transport.multicast ? 'multicast' : 'unicast');
	if (transport.destination !== undefined) parts.push(`destination=${transport.destination}`);
	if (transport.source !== undefined) parts.push(`source=${transport.source}`);
	if (transport.interleaved) parts.push(`interleaved=${transport.interleaved.join('-')}`);
	if (transport.clientPort) parts.push(`client_port=${transport.clientPort.join('-')}`);
	if (transport.serverPort) parts.push(`server_port=${transport.serverPort.join('-')}`);
	if (transport.port) parts.push(`port=${transport.port.join('-')}`);
	if (transport.ttl !== undefined) parts.push(`ttl=${transport.ttl}`);
	if (transport.ssrc !== undefined) parts.push(`ssrc=${transport.ssrc.toString(16).toUpperCase().padStart(8, '0')}`);
	if (transport.mode !== undefined) parts.push(`mode="${transport.mode}"`);
	return parts.join(';');
}

function parseAlternative(text: string): TransportHeader | undefined {
	const [specification = '', ...parameters] = text.split(';').map((part) => part.trim());
	const [, profile, lower] = /^(RTP\/[A-Z]+)(?:\/(TCP|UDP))?$/i.exec(specification) ?? [];
	if (profile === undefined) return undefined;
	const transport: Mutable = {
		lower: lower?.toUpperCase() === 'TCP' ? 'tcp' : 'udp',
		profile: profile.toUpperCase(),
		multicast: false,
	};
	for (const parameter of parameters) readParameter(transport, parameter);
	return transport;
}

function readParameter(transport: Mutable, parameter: string): void {
	const equals = parameter.indexOf('=');
	const name = (equals < 0 ? parameter : parameter.slice(0, equals)).trim().toLowerCase();
	const value = equals < 0 ? '' : parameter.slice(equals + 1).trim();
	switch (name) {
		case 'multicast':
			transport.multicast = true;
			break;
		case 'interleaved':
			assignPair(transport, 'interleaved', value, 0xff);
			break;
		case 'client_port':
			assignPair(transport, 'clientPort', value, 0xffff);
			break;
		case 'server_port':
			assignPair(transport, 'serverPort', value, 0xffff);
			break;
		case 'port':
			assignPair(transport, 'port', value, 0xffff);
			break;
		case 'ttl':
			if (/^\d{1,3}$/.test(value) && Number(value) <= 255) transport.ttl = Number(value);
			break;
		case 'source':
			if (value !== '') transport.source = value;
			break;
		case 'destination':
			if (value !== '') transport.destination = value;
			break;
		case 'ssrc': {
			const ssrc = parseSsrc(value);
			if (ssrc !== undefined) transport.ssrc = ssrc;
			break;
		}
		case 'mode':
			transport.mode = value.replaceAll('"', '');
			break;
	}
}

function assignPair(
	transport: Mutable,
	key: 'interleaved' | 'clientPort' | 'serverPort' | 'port',
	value: string,
	max: number,
): void {
	const [, first, second] = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(value) ?? [];
	if (first === undefined) return;
	const rtp = Number(first);
	const rtcp = second === undefined ? rtp + 1 : Number(second);
	if (rtp <= max && rtcp <= max) transport[key] = [rtp, rtcp];
}

/** Eight hexadecimal digits by the RFC; some cameras pad with blanks or write decimal. */
function parseSsrc(value: string): number | undefined {
	if (/^[0-9a-f]{1,8}$/i.test(value)) return Number.parseInt(value, 16);
	const decimal = /^\d{9,10}$/.test(value) ? Number(value) : Number.NaN;
	return decimal <= 0xffffffff ? decimal : undefined;
}
