import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SDP_LIMITS } from '../../../src/media/limits.ts';
import { parseSdp } from '../../../src/media/sdp/sdp.ts';
import { tracksFromSdp } from '../../../src/media/sdp/tracks.ts';

const PLAIN = `v=0
o=- 1 1 IN IP4 0.0.0.0
s=Camera
c=IN IP4 0.0.0.0
t=0 0
a=control:*
m=video 0 RTP/AVP 96
b=AS:5000
a=control:trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; Profile-Level-Id=640029;sprop-parameter-sets=Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==,aO48gA==
a=recvonly
m=audio 5004 RTP/AVP 8 0
a=control:trackID=2
`;

describe('parseSdp', () => {
	test('reads a plain description', () => {
		const { name, control, sections } = parseSdp(PLAIN);
		expect({ name, control }).toEqual({ name: 'Camera', control: '*' });
		expect(sections).toEqual([
			{
				kind: 'video',
				port: 0,
				protocol: 'RTP/AVP',
				payloadTypes: [96],
				rtpmap: new Map([[96, { encoding: 'H264', clockRate: 90_000, channels: undefined }]]),
				fmtp: new Map([
					[
						96,
						new Map([
							['packetization-mode', '1'],
							['profile-level-id', '640029'],
							['sprop-parameter-sets', 'Z00AKZpkA8ARPyzUBAQFAAADA+gAAOpgBA==,aO48gA=='],
						]),
					],
				]),
				control: 'trackID=1',
				direction: 'recvonly',
			},
			{
				kind: 'audio',
				port: 5004,
				protocol: 'RTP/AVP',
				payloadTypes: [8, 0],
				rtpmap: new Map(),
				fmtp: new Map(),
				control: 'trackID=2',
				direction: undefined,
			},
		]);
	});

	test.each([
		['CRLF', PLAIN.replaceAll('\n', '\r\n')],
		['CR', PLAIN.replaceAll('\n', '\r')],
		['empty lines and blanks', PLAIN.replaceAll('\n', '  \r\n\r\n')],
		['no end of line', PLAIN.trimEnd()],
		['several session names', PLAIN.replace('s=Camera', 's=Camera\ns=Other')],
		['a zero byte at the end', `${PLAIN}\0`],
		['bandwidths of all kinds', PLAIN.replace('b=AS:5000', 'b=RR:0\nb=TIAS:x\nb=X-foo\nb=')],
		['junk lines', PLAIN.replace('t=0 0', 't=now-\nfoo\n=\n==\nz\na\na=\na=:\na=x-dimensions:1920,1080')],
		...[
			'o=- 1 1 IN IPV4 1.2.3.4',
			'o=-0',
			'o=- 0xAB -1 IP4 1.2.3.4',
			'o=- 14665860 31787219 1 IN IP4 192.168.2.29',
			'',
		].map((origin) => [`the origin "${origin}"`, PLAIN.replace('o=- 1 1 IN IP4 0.0.0.0', origin)]),
		...['c=IN', 'c=IN 1.2.3.4', 'c=IN c=IN IP4', 'c=SM 1', ''].map((connection) => [
			`the connection "${connection}"`,
			PLAIN.replace('c=IN IP4 0.0.0.0', connection),
		]),
		['no v= and t=', PLAIN.replace('v=0\n', '').replace('t=0 0\n', '')],
	])('does not mind: %s', (_name, text) => {
		expect(parseSdp(String(text))).toEqual(parseSdp(PLAIN));
	});

	test('an own direction goes before the one of the session', () => {
		const { sections } = parseSdp('a=recvonly\nm=video 0 RTP/AVP 96\nm=audio 0 RTP/AVP 0\na=sendonly\n');
		expect(sections.map(({ direction }) => direction)).toEqual(['recvonly', 'sendonly']);
	});

	test.each([
		['application/TP-LINK 0 RTP/AVP smart/1/90000', 'application/tp-link', []],
		['video 0 RTP/AVP', 'video', []],
		['video', 'video', []],
		['', '', []],
		['video x RTP/AVP 96 97 96 300 -1', 'video', [96, 97]],
		['audio 0 RTP/AVP 8\t ', 'audio', [8]],
	])('the media line "%s"', (line, kind, payloadTypes) => {
		expect(parseSdp(`m=${line}\n`).sections).toMatchObject([{ kind, payloadTypes, port: 0 }]);
	});

	test.each([
		['96 H264/90000 ', { encoding: 'H264', clockRate: 90_000, channels: undefined }],
		['96   opus / 48000 / 2', { encoding: 'opus', clockRate: 48_000, channels: 2 }],
		['96 PCMU', { encoding: 'PCMU', clockRate: undefined, channels: undefined }],
		['96 H264/abc', { encoding: 'H264', clockRate: undefined, channels: undefined }],
		['96', undefined],
		['H264/90000', undefined],
	])('the format "%s"', (value, expected) => {
		expect(parseSdp(`m=video 0 RTP/AVP 96\na=rtpmap:${value}\n`).sections[0]?.rtpmap.get(96)).toEqual(expected);
	});

	test.each([
		['96 a=1;b=2', { a: '1', b: '2' }],
		['96 A = 1 ;; b=x=y; flag;', { a: '1', b: 'x=y', flag: '' }],
		['96', {}],
	])('the parameters "%s"', (value, expected) => {
		const fmtp = parseSdp(`m=video 0 RTP/AVP 96\na=fmtp:${value}\n`).sections[0]?.fmtp.get(96);
		expect(Object.fromEntries(fmtp ?? [])).toEqual(expected);
	});

	test('names of media and codecs are fit for a terminal: printable and short', () => {
		const { sections } = parseSdp(`m=\x1b[2Jvideo\x07 0 RTP/AVP 96\na=rtpmap:96 X\x1b]0;owned\u202e/90000\n`);
		expect(sections[0]?.kind).toBe('[2jvideo');
		expect(sections[0]?.rtpmap.get(96)?.encoding).toBe('X]0;owned');
		const long = 'x'.repeat(8000);
		const { skipped } = tracksFromSdp(parseSdp(`m=${long} 0 RTP/AVP 96\na=rtpmap:96 ${long}/90000\n`));
		expect(JSON.stringify(skipped).length).toBeLessThan(500);
	});

	test('the caps hold', () => {
		const many = 'm=video 0 RTP/AVP 96\na=control:x\n'.repeat(100);
		expect(parseSdp(many).sections).toHaveLength(SDP_LIMITS.sections);
		const formats = parseSdp(`m=video 0 RTP/AVP ${'96 '.repeat(10)}${[...Array(128).keys()].join(' ')}`);
		expect(formats.sections[0]?.payloadTypes.length).toBeLessThanOrEqual(SDP_LIMITS.formats);
		expect(parseSdp(`${'x'.repeat(SDP_LIMITS.characters)}\n${PLAIN}`).sections).toEqual([]);
		expect(parseSdp(`${'x=\n'.repeat(SDP_LIMITS.lines)}${PLAIN}`).sections).toEqual([]);
		const long = parseSdp(`m=video 0 RTP/AVP 96\na=control:${'x'.repeat(20_000)}\n`);
		expect(long.sections[0]?.control?.length).toBeLessThan(SDP_LIMITS.lineCharacters);
	});

	test('never throws', () => {
		const line = fc.oneof(
			fc.string({ maxLength: 40 }),
			fc.constantFrom('m=video 0 RTP/AVP 96', 'm=audio 0 RTP/AVP 0 97', 'a=rtpmap:96 H264/90000', 'a=sendonly'),
			fc.string({ maxLength: 20 }).map((value) => `a=fmtp:96 ${value}`),
			fc.string({ maxLength: 20 }).map((value) => `a=rtpmap:97 ${value}`),
			fc.string({ maxLength: 20 }).map((value) => `a=fmtp:97 config=${value}; sprop-parameter-sets=${value}`),
			fc.constantFrom('a=rtpmap:97 MPEG4-GENERIC/48000', 'a=rtpmap:97 MPEG4-GENERIC', 'a=rtpmap:97 opus'),
		);
		fc.assert(
			fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
				const description = parseSdp(lines.join('\r\n'));
				const { tracks, skipped } = tracksFromSdp(description);
				expect(tracks.length + skipped.length).toBe(description.sections.length);
				expect(tracks.length).toBeLessThanOrEqual(2);
			}),
			{ numRuns: 1000 },
		);
	});
});
