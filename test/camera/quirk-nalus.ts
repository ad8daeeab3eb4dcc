/** NAL units of the cameras in `quirks`, by name: enough for headers and parameter sets to be read, filled with 55. */

const FILL = 0x55;
const SIZE = 40;

const H264: Readonly<Record<string, string>> = {
	/** Constrained baseline, level 3, 640x480. */
	sps: '6742c01eda0280f640',
	/** The same with 320x240. */
	sps2: '6742c01eda0507e4',
	/** The first one, Main profile. */
	'sps-main': '674d001eda0280f640',
	/** Main, reordering two frames, and says so. */
	'sps-b': '674d001ef201407b403c58b648',
	/** Main, and does not say whether it reorders. */
	'sps-b-unsaid': '674d001ef201407b20',
	pps: '68ce3c80',
	/** The same with number 1. */
	pps2: '68538f20',
	aud: '09f0',
	sei: '0605',
	/** With a recovery point, and user data behind it. */
	'sei-recovery': '060601c40528',
	idr: '658884',
	/** A slice that does not start its picture. */
	'idr-more': '650a84',
	slice: '419a24',
	'slice-more': '410a24',
	/** Of a picture that may lie between two that come before it. */
	'slice-b': '019e24',
	filler: '0cff',
	'type-30': '1e00',
};

const H265: Readonly<Record<string, string>> = {
	vps: '40010c01ffff01600000030090000003000003003f928090',
	sps: '42010101600000030090000003000003003fa0050201696592a4932bc05a020000030002000003003210',
	sps2: '42010101600000030090000003000003005da00280802d16595964932bc05a020000030002000003003c10',
	pps: '4401c172b46240',
	pps2: '4401505cad1890',
	aud: '460150',
	sei: '4e0105',
	idr: '2601af',
	'idr-more': '26012f',
	cra: '2a01af',
	slice: '0201d0',
	'slice-more': '020150',
};

/** Parameter sets and the like stand alone, without filling. */
const WHOLE = ['vps', 'sps', 'sps2', 'sps-main', 'sps-b', 'sps-b-unsaid', 'pps', 'pps2', 'aud', 'type-30'];

/** The bytes of `name`, `name:size`, `name+hex` (more behind it) or `0xhex`. */
export function nalu(codec: 'h264' | 'h265', text: string): Uint8Array {
	const [, literal, name = '', size, more = ''] =
		/^(?:0x([0-9a-f]+)|([a-z0-9-]+)(?::(\d+))?(?:\+([0-9a-f]+))?)$/.exec(text) ?? [];
	if (literal !== undefined) return Buffer.from(literal, 'hex');
	const start = (codec === 'h264' ? H264 : H265)[name];
	if (start === undefined) throw new Error(`no NAL unit is named ${JSON.stringify(text)}`);
	const head = Buffer.from(start, 'hex');
	const length = WHOLE.includes(name) ? head.length : Number(size ?? SIZE);
	return Buffer.concat([head, Buffer.alloc(length - head.length, FILL), Buffer.from(more, 'hex')]);
}

/** The name of a NAL unit that arrived; `0xhex` when it is none of these, or not as it was sent. */
export function naluName(codec: string, bytes: Uint8Array): string {
	const hex = Buffer.from(bytes).toString('hex');
	for (const [name, start] of Object.entries(codec === 'h264' ? H264 : H265)) {
		if (!hex.startsWith(start)) continue;
		if (WHOLE.includes(name)) {
			if (hex === start) return name;
		} else if (bytes.subarray(start.length / 2).every((byte) => byte === FILL)) {
			return bytes.length === SIZE ? name : `${name}:${bytes.length}`;
		}
	}
	return hex.length > 120 ? `0x${hex.slice(0, 120)}… (${bytes.length} bytes)` : `0x${hex}`;
}
