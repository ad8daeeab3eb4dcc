import { DualcastError } from '../../../src/base/errors.ts';
import { OFFER_LIMITS } from '../../../src/webrtc/limits.ts';
import { writeAnswer } from '../../../src/webrtc/sdp/answer.ts';
import { parseIceFragment, writeIceFragment } from '../../../src/webrtc/sdp/ice-fragment.ts';
import { negotiate } from '../../../src/webrtc/sdp/negotiation.ts';
import { parseOffer } from '../../../src/webrtc/sdp/offer.ts';
import { bindingSuccess, isAuthentic, parseStun } from '../../../src/webrtc/transport/ice/stun.ts';
import { SrtcpReceiver, SrtcpSender } from '../../../src/webrtc/transport/srtp/srtcp.ts';
import { StreamDeframer } from '../../../src/webrtc/transport/stream-framing.ts';
import { h264Track, OPUS } from '../../fakes/sample-tracks.ts';
import { type FuzzTarget, promise, refusable, textOf } from '../target.ts';

const LOCAL = {
	ufrag: 'ufrag',
	password: 'password-of-enough-length',
	fingerprint: 'sha-256 AA:BB',
	candidates: ['1 1 udp 2130706431 192.0.2.1 8189 typ host'],
};
const TRACKS = { video: h264Track(66, 0xc0), audio: OPUS, skipped: [] };
const SOURCES = { ssrc: 1, rtxSsrc: 2 };
/** RFC 8866 9: a type, and a value without control characters. */
const SDP_LINE = /^[a-z]=[^\0\r\n]+$/;

/** A WHEP offer, and the answer to it. */
export const offer: FuzzTarget = {
	name: 'offer',
	shape: 'bytes',
	dictionary: [
		'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
		'a=rtpmap:96 H264/90000',
		'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f',
		'a=group:BUNDLE 0',
		'a=mid:',
		'a=setup:',
		'a=ice-ufrag:',
		'a=fingerprint:sha-256 ',
		'a=rtcp-fb:* nack',
		'a=candidate:1 1 udp 1 trap.example 1 typ host',
		'\r\n',
		'\n',
		'\r',
	],
	run(input) {
		const read = refusable(DualcastError, () => parseOffer(textOf(input)));
		if (!read) return;
		promise(read.sections.length <= OFFER_LIMITS.sections, 'sections are capped');
		const negotiation = refusable(DualcastError, () => negotiate(read, TRACKS));
		if (!negotiation) return;
		const { ufrag, password } = negotiation.transport;
		promise(/^[A-Za-z0-9+/]+$/.test(ufrag + password), 'credentials are ICE characters');
		const answer = writeAnswer({
			offer: read,
			negotiation,
			local: LOCAL,
			originId: '1',
			sources: { video: SOURCES, audio: { ssrc: 3, rtxSsrc: 4 } },
			audioChannels: 2,
		});
		const lines = answer.split('\r\n').slice(0, -1);
		for (const line of lines) promise(SDP_LINE.test(line), `a line of the answer is one: ${JSON.stringify(line)}`);
		const sections = lines.filter((line) => line.startsWith('m='));
		promise(sections.length === read.sections.length, 'the answer has the sections of the offer');
		promise(answer.length <= 4096 + 4 * input.length, 'an answer is not much longer than its offer');
	},
};

/** The body of a WHEP PATCH. */
export const iceFragment: FuzzTarget = {
	name: 'ice-fragment',
	shape: 'bytes',
	dictionary: ['a=ice-ufrag:', 'a=ice-pwd:', 'a=candidate:', 'm=audio 9 RTP/AVP 0', 'a=mid:0', '\r\n', '\n'],
	run(input) {
		const credentials = refusable(DualcastError, () => parseIceFragment(textOf(input)));
		if (!credentials) return;
		const again = parseIceFragment(writeIceFragment({ ...LOCAL, ...credentials }));
		promise(JSON.stringify(again) === JSON.stringify(credentials), 'what was written reads the same');
	},
};

const REMOTE = { address: '2001:db8::1', port: 65_535 };

/** A datagram that its first byte gives to STUN. */
export const stun: FuzzTarget = {
	name: 'stun',
	shape: 'bytes',
	run(input) {
		const bytes = Buffer.from(input);
		const message = parseStun(bytes);
		if (!message) return;
		promise(bytes.equals(input), 'the datagram is left as it is');
		promise(message.transactionId.length === 12, 'a transaction has an id');
		isAuthentic(bytes, message, 'password');
		const answer = bindingSuccess(message, REMOTE, 'password');
		const read = parseStun(answer);
		promise(read !== undefined && isAuthentic(answer, read, 'password'), 'the answer is a message');
		promise(read.transactionId.equals(message.transactionId), 'of the same transaction');
		// Only an authentic check is answered, and that has at least these attributes: nothing is amplified.
		promise(message.integrityPosition === undefined || answer.length <= 1.5 * Math.max(bytes.length, 64), 'and short');
	},
};

/** Some datagrams of the longest kind. */
const MAX_STREAM = 8192;

/** ICE-TCP: datagrams in a byte stream. */
export const streamFraming: FuzzTarget = {
	name: 'stream-framing',
	shape: 'bytes',
	run(bytes) {
		const input = bytes.subarray(0, MAX_STREAM);
		const whole = deframe([Buffer.from(input)]);
		const cut = deframe([...input].map((byte) => Buffer.of(byte)));
		promise(cut.datagrams.join() === whole.datagrams.join(), 'the cuts do not show');
		promise(cut.sound === whole.sound, 'nor does a datagram that is too long depend on them');
		promise(whole.datagrams.join('').length <= 2 * input.length, 'nothing comes out that did not come in');
	},
};

function deframe(parts: readonly Buffer[]): { datagrams: string[]; sound: boolean } {
	const deframer = new StreamDeframer();
	const datagrams: string[] = [];
	const sound = parts.every((part) => deframer.push(part, (datagram) => datagrams.push(datagram.toString('hex'))));
	return { datagrams, sound };
}

const KEYS = {
	encryption: Buffer.alloc(16, 1),
	authentication: Buffer.alloc(20, 2),
	salt: Buffer.alloc(14, 3),
};

/** Datagrams of a secured viewer: what is not authentic changes nothing. */
export const srtcp: FuzzTarget = {
	name: 'srtcp',
	shape: 'bytes',
	run(input) {
		const receiver = new SrtcpReceiver(KEYS);
		promise(receiver.unprotect(Buffer.from(input)) === undefined, 'nothing is authentic that was not signed');
		if (input.length < 8) return;
		const datagram = new SrtcpSender(KEYS).protect(input);
		if (!datagram) return;
		const plain = receiver.unprotect(Buffer.from(datagram));
		promise(plain?.equals(input) === true, 'what was signed is taken as it was');
		promise(receiver.unprotect(Buffer.from(datagram)) === undefined, 'and once');
		const at = (input[0] as number) % datagram.length;
		datagram[at] = (datagram[at] as number) ^ 1;
		promise(new SrtcpReceiver(KEYS).unprotect(datagram) === undefined, 'no bit of it can be changed');
	},
};
