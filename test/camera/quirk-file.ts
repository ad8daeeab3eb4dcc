import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Where the quirks are: one file each, named after vendor and oddity. */
export const QUIRKS = 'test/camera/quirks';

const bytes = z.string().regex(/^(?:\s*[0-9a-f]{2})*\s*$/i, 'bytes are pairs of hexadecimal digits');
const naming = 'name one action';

/**
 * One thing the camera does after it was asked to PLAY, in this order. Exactly one of the first group is the action,
 * the rest say how.
 */
const Step = z
	.strictObject({
		/** An access unit, by NAL unit names: see `quirk-nalus.ts`. */
		h264: z.array(z.string()).optional(),
		h265: z.array(z.string()).optional(),
		/** Packets of sound, by the bytes of their payloads. */
		sound: z.array(z.int()).optional(),
		/** Packets of AAC (RFC 3640), by the bytes of the access units in each. */
		aac: z.array(z.array(z.int())).optional(),
		/** One RTP packet with this payload. */
		payload: bytes.optional(),
		/** A compound RTCP packet. */
		rtcp: z.enum(['sr', 'rr', 'bye', 'sdes-without-end']).or(bytes).optional(),
		/** One interleaved frame, header left to the camera, whatever is in it. */
		frame: bytes.optional(),
		/** Bytes on the RTSP connection as they are. */
		bytes: bytes.optional(),
		/** Text on the RTSP connection as it is. */
		text: z.string().optional(),
		/** Here the answer to PLAY is sent; without this step, before all others. */
		answer: z.literal(true).optional(),
		/** Waits until the client has asked this method `times` times, or has sent so many packets: `RTCP`, or `PUNCH`. */
		await: z.string().optional(),
		/** Moves the client's clock on by milliseconds. Needs `client.clock: virtual`. */
		advance: z.int().optional(),
		/** Ends the connection. */
		close: z.literal(true).optional(),

		/** Index of the media section; default: 0 for pictures, 1 for sound. */
		track: z.int().optional(),
		channel: z.int().optional(),
		pt: z.int().optional(),
		ssrc: z.int().optional(),
		/** From here on. */
		sequence: z.int().optional(),
		timestamp: z.int().optional(),
		/** Ticks to the next packet's time: default 3000 for pictures, one for each byte of sound. */
		ticks: z.int().optional(),
		/** Which packets carry the marker: default `last` for pictures, `none` for sound. */
		marker: z.enum(['none', 'last', 'first', 'each', 'sets']).optional(),
		/** NAL units above so many bytes become fragmentation units. */
		fragment: z.int().optional(),
		/** All NAL units of the step in one aggregation packet, or in one payload with start codes between. */
		joined: z.enum(['aggregate', 'start-codes']).optional(),
		/** Loses these packets of the step: the sequence number is used, nothing is sent. */
		lose: z.array(z.int()).optional(),
		/** Sends the packets of the step in this order; an index may come twice. */
		order: z.array(z.int()).optional(),
		/** The whole step again. */
		repeat: z.int().min(1).optional(),
		/** Byte that sound is made of. */
		fill: bytes.optional(),
		adts: z.literal(true).optional(),
		/** AAC without AU header section. */
		headless: z.literal(true).optional(),
		/** Interleaved length field, when it is not the frame's. */
		length: z.int().optional(),
		/** A socket at this address sends it. UDP only. */
		from: z.ipv4().optional(),
		/** For `await`; default 1. */
		times: z.int().optional(),
	})
	.refine((step) => ACTIONS.filter((action) => step[action] !== undefined).length === 1, naming);

const ACTIONS = [
	'h264',
	'h265',
	'sound',
	'aac',
	'payload',
	'rtcp',
	'frame',
	'bytes',
	'text',
	'answer',
	'await',
	'advance',
	'close',
] as const;

/** What the camera answers instead of, or in addition to, what a good one does. The first that fits is taken. */
const Answer = z.strictObject({
	to: z.string(),
	when: z
		.strictObject({
			lower: z.enum(['tcp', 'udp']).optional(),
			/** Part of the request's URI. */
			uri: z.string().optional(),
			/** The n-th request of this method, from 1. */
			time: z.int().optional(),
			/** The n-th connection, from 1. */
			connection: z.int().optional(),
			/** The client has sent RTCP by then. */
			early: z.literal(true).optional(),
			/** A header is there. */
			with: z.string().optional(),
			/** A header is missing. */
			without: z.string().optional(),
		})
		.optional(),
	version: z.string().optional(),
	status: z.int().optional(),
	reason: z.string().optional(),
	/** Headers set to a value or to several; null takes one away. */
	headers: z.record(z.string(), z.string().or(z.array(z.string())).nullable()).optional(),
	body: z.string().optional(),
	/** The whole answer as it is. */
	raw: z.string().optional(),
	silent: z.literal(true).optional(),
	/** Moves the client's clock on by milliseconds, after the answer. Needs `client.clock: virtual`. */
	advance: z.int().optional(),
	close: z.literal(true).optional(),
	/** Repeats `text` so often behind the head, for what is too long to be written down. */
	flood: z.strictObject({ text: z.string(), times: z.int() }).optional(),
});

const Authorization = z.strictObject({
	user: z.string(),
	password: z.string(),
	/** Values of `WWW-Authenticate`; `<nonce>` and `<stale>` are filled in. */
	challenges: z.array(z.string()).min(1),
	/** How long a nonce is good: always, for one request, for one method. */
	nonce: z.enum(['always', 'once', 'method']).default('always'),
	/** Refuses even what is right. */
	never: z.literal(true).optional(),
});

/** What the client has to make of it. */
const Expectation = z.strictObject({
	/** A codec, or facts of the track in the order of the sections. */
	tracks: z.array(z.string().or(z.record(z.string(), z.string().or(z.number())))).optional(),
	/** `kind codec`, with part of the reason behind a colon. */
	skipped: z.array(z.string()).optional(),
	/** NAL units of every picture that arrives; `name*3` stands for three of them. */
	video: z.array(z.array(z.string())).optional(),
	/** Bytes of every frame of sound that arrives. */
	sound: z.array(z.int()).optional(),
	/** Presentation times of the pictures, in ticks from the first one's. */
	times: z.array(z.int()).optional(),
	/** Sender reports that are taken. */
	reports: z.int().optional(),
	/** Packets of all tracks, counted as RFC 3550 does. */
	lost: z.int().optional(),
	reordered: z.int().optional(),
	duplicates: z.int().optional(),
	transport: z.string().optional(),
	/** Part of why this transport. */
	why: z.string().optional(),
	/** Every request in order: `METHOD` or `METHOD URI`, with `<url>`. */
	requests: z.array(z.string()).optional(),
	/** Every request to the other camera. */
	elsewhere: z.array(z.string()).optional(),
	/** `METHOD Header: value` of the last request of the method; `METHOD Header` when it must be missing. */
	headers: z.array(z.string()).optional(),
	connections: z.int().optional(),
	/** Channels that carry the client's receiver reports. */
	channels: z.array(z.int()).optional(),
	/** How often the camera said 401. */
	refusals: z.int().optional(),
	/** No request carries credentials. */
	anonymous: z.literal(true).optional(),
	/** What the client answers to the camera's own requests: `CSeq status`. */
	answers: z.array(z.string()).optional(),
	/** The run ends with this. */
	error: z.strictObject({ code: z.string(), permanent: z.boolean(), says: z.string() }).optional(),
	/** The run ends by itself and without an error. */
	ends: z.literal(true).optional(),
});

const Quirk = z.strictObject({
	vendor: z.string(),
	/** What is odd, as the end of the sentence "a camera …". */
	quirk: z.string(),
	/** Who met it, or which text says so. */
	source: z.string(),
	/** Rows of the rule table in docs/cameras.md. */
	rules: z.array(z.int().min(1).max(24)).min(1),
	client: z
		.strictObject({
			/** Behind `rtsp://user@host:port`. */
			path: z.string().default('/cam'),
			/** User information of the URL, as written there. */
			userinfo: z.string().optional(),
			username: z.string().optional(),
			password: z.string().optional(),
			transport: z.enum(['auto', 'tcp', 'udp']).default('auto'),
			clock: z.enum(['system', 'virtual']).default('system'),
			/** The camera is pulled so often, one after the other. */
			runs: z.int().default(1),
		})
		.prefault({}),
	camera: z.strictObject({
		/** Body of the DESCRIBE answer; default: one H.264 and one PCMA section. */
		sdp: z.string().optional(),
		answers: z.array(Answer).default([]),
		authorization: Authorization.optional(),
		/** Bytes of one write: how the network cuts the stream. */
		cut: z.int().optional(),
		/** Address that media over UDP comes from. */
		udp: z.ipv4().default('127.0.0.1'),
		/** A second camera of the same description and media: `<elsewhere>` in texts is its URL. */
		elsewhere: z.strictObject({ answers: z.array(Answer).default([]) }).optional(),
		/** Default: a key picture and another one. */
		media: z.array(Step).default([{ h264: ['sps', 'pps', 'idr'] }, { h264: ['slice'] }]),
	}),
	expect: Expectation,
});

export type Quirk = z.infer<typeof Quirk>;
export type QuirkCameraScript = Quirk['camera'];
export type QuirkAnswer = z.infer<typeof Answer>;
export type QuirkAuthorization = z.infer<typeof Authorization>;
export type QuirkStep = z.infer<typeof Step>;

/** @throws Error that names the file and the key */
export function readQuirk(name: string): Quirk {
	return parseQuirk(name, readFileSync(join(QUIRKS, name), 'utf8'));
}

/** @throws Error that names the file and the key */
export function parseQuirk(name: string, text: string): Quirk {
	const result = Quirk.safeParse(parse(text));
	if (!result.success) throw new Error(`${name}: ${z.prettifyError(result.error)}`);
	return result.data;
}

/** Names of all files, sorted. */
export function quirkNames(): string[] {
	return readdirSync(QUIRKS)
		.filter((name) => name.endsWith('.yaml'))
		.sort();
}
