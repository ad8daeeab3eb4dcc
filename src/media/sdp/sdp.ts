import { SDP_LIMITS } from '../limits.ts';

/** `a=rtpmap` (RFC 8866 section 6.6). */
export type RtpMap = {
	/** As written, as far as it is fit for people's eyes. */
	readonly encoding: string;
	/** Ticks per second; undefined when missing or not a number. */
	readonly clockRate: number | undefined;
	readonly channels: number | undefined;
};

/** `a=fmtp` parameters by lower-case name; a parameter without value is the empty string. */
export type FormatParameters = ReadonlyMap<string, string>;

/** `a=sendrecv` and its like, from the describer's point of view. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One `m=` section (RFC 8866 section 5.14). */
export type MediaSection = {
	/** `video`, `audio`, `application`, or whatever else was written; lower case. */
	readonly kind: string;
	/** 0 when it is no number. */
	readonly port: number;
	/** `RTP/AVP` and its like, as written. */
	readonly protocol: string;
	/** In the order of preference; formats that are no number are left out. */
	readonly payloadTypes: readonly number[];
	readonly rtpmap: ReadonlyMap<number, RtpMap>;
	readonly fmtp: ReadonlyMap<number, FormatParameters>;
	/** `a=control` (RFC 2326 appendix C.1.1), as written. */
	readonly control: string | undefined;
	/** Its own or the session's. */
	readonly direction: Direction | undefined;
};

/** What the project reads of a session description. */
export type SessionDescription = {
	/** `s=` */
	readonly name: string | undefined;
	/** The session's `a=control`. */
	readonly control: string | undefined;
	readonly sections: readonly MediaSection[];
};

type MutableSection = {
	-readonly [Key in keyof MediaSection]: MediaSection[Key];
} & { rtpmap: Map<number, RtpMap>; fmtp: Map<number, FormatParameters> };

/**
 * Reads a camera's session description (RFC 8866). Nothing is refused: unknown or broken lines are passed over,
 * mandatory lines may be missing or in any order. A text without a media section gives no sections.
 */
export function parseSdp(text: string): SessionDescription {
	const sections: MutableSection[] = [];
	let section: MutableSection | undefined;
	let name: string | undefined;
	let control: string | undefined;
	let direction: Direction | undefined;
	for (const line of text.slice(0, SDP_LIMITS.characters).split(/[\r\n]+/, SDP_LIMITS.lines)) {
		const [, type, content] = /^\s*([a-z])\s*=\s*(.*)$/.exec(line.slice(0, SDP_LIMITS.lineCharacters)) ?? [];
		if (type === undefined || content === undefined) continue;
		const value = content.trim();
		if (type === 'm') {
			section = parseMediaLine(value);
			if (sections.length < SDP_LIMITS.sections) sections.push(section);
		} else if (section) {
			if (type === 'a') parseSectionAttribute(section, value);
		} else if (type === 's') {
			name ??= value;
		} else if (type === 'a') {
			control ??= attributeValue(value, 'control');
			direction = parseDirection(value) ?? direction;
		}
	}
	for (const each of sections) each.direction ??= direction;
	return { name, control, sections };
}

function parseMediaLine(value: string): MutableSection {
	const [kind = '', port = '', protocol = '', ...formats] = value.split(/\s+/, 3 + SDP_LIMITS.formats);
	return {
		kind: plainName(kind).toLowerCase(),
		port: Number.parseInt(port, 10) || 0,
		protocol,
		payloadTypes: [...new Set(formats.filter(isPayloadType).map(Number))],
		rtpmap: new Map(),
		fmtp: new Map(),
		control: undefined,
		direction: undefined,
	};
}

/** People are told of media that is not taken: what a terminal would obey is left out. */
function plainName(text: string): string {
	return text.replace(/[^\x21-\x7e]/g, '').slice(0, SDP_LIMITS.nameCharacters);
}

function isPayloadType(format: string): boolean {
	return /^\d{1,3}$/.test(format) && Number(format) <= 127;
}

function parseSectionAttribute(section: MutableSection, value: string): void {
	const direction = parseDirection(value);
	if (direction) section.direction = direction;
	section.control ??= attributeValue(value, 'control');
	const rtpmap = attributeValue(value, 'rtpmap');
	if (rtpmap !== undefined) parseRtpMap(section, rtpmap);
	const fmtp = attributeValue(value, 'fmtp');
	if (fmtp !== undefined) parseFmtp(section, fmtp);
}

function parseDirection(value: string): Direction | undefined {
	switch (value) {
		case 'sendrecv':
		case 'sendonly':
		case 'recvonly':
		case 'inactive':
			return value;
		default:
			return undefined;
	}
}

/** The text after `name:`, or undefined when the attribute is another one. */
function attributeValue(attribute: string, name: string): string | undefined {
	const colon = attribute.indexOf(':');
	if (colon < 0 || attribute.slice(0, colon).trim().toLowerCase() !== name) return undefined;
	return attribute.slice(colon + 1).trim();
}

function parseRtpMap(section: MutableSection, value: string): void {
	const [, type = '', encoding, clockRate, channels] =
		/^(\d+)\s+([^/\s]+)(?:\s*\/\s*(\d{1,9}))?(?:\s*\/\s*(\d{1,3}))?/.exec(value) ?? [];
	if (!isPayloadType(type) || encoding === undefined || section.rtpmap.size >= SDP_LIMITS.formats) return;
	const payloadType = Number(type);
	if (section.rtpmap.has(payloadType)) return;
	section.rtpmap.set(payloadType, {
		encoding: plainName(encoding),
		clockRate: Number(clockRate) || undefined,
		channels: Number(channels) || undefined,
	});
}

function parseFmtp(section: MutableSection, value: string): void {
	const [, type = '', rest = ''] = /^(\d+)(?:\s+(.*))?$/.exec(value) ?? [];
	if (!isPayloadType(type) || section.fmtp.size >= SDP_LIMITS.formats) return;
	const payloadType = Number(type);
	section.fmtp.set(payloadType, new Map([...(section.fmtp.get(payloadType) ?? []), ...formatParameters(rest)]));
}

/** The parameters of an `a=fmtp` value, without its payload type (RFC 8866 section 6.15); of a name twice, the last. */
export function formatParameters(text: string): FormatParameters {
	const parameters = new Map<string, string>();
	for (const parameter of text.split(';')) {
		const equals = parameter.indexOf('=');
		const name = (equals < 0 ? parameter : parameter.slice(0, equals)).trim().toLowerCase();
		if (name !== '') parameters.set(name, equals < 0 ? '' : parameter.slice(equals + 1).trim());
	}
	return parameters;
}
