import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DualcastError } from '../../../../src/base/errors.ts';
import { OFFER_LIMITS } from '../../../../src/webrtc/limits.ts';
import { type Offer, parseOffer } from '../../../../src/webrtc/sdp/offer.ts';
import type { UsableSection } from '../../../../src/webrtc/sdp/offered-section.ts';
import { recordedOffer } from '../../../fakes/offers.ts';

const CHROMIUM = recordedOffer('chromium');

function refusal(text: string): DualcastError {
	try {
		parseOffer(text);
	} catch (error) {
		if (error instanceof DualcastError) return error;
		throw error;
	}
	throw new Error('the offer was taken');
}

function usable(offer: Offer, kind: string): UsableSection {
	const section = offer.sections.find((each) => each.kind === kind);
	if (!section?.usable) throw new Error(`no usable ${kind}`);
	return section;
}

describe('parseOffer', () => {
	it('reads what Chromium offers', () => {
		const video = usable(parseOffer(CHROMIUM), 'video');
		expect(video).toMatchObject({
			mid: '0',
			bundled: true,
			protocol: 'UDP/TLS/RTP/SAVPF',
			transport: { ufrag: 'cUFR', password: 'x0ffer/ICE+password0Aaaa', fingerprint: { algorithm: 'sha-256' } },
		});
		const h264 = video.codecs.find(({ payloadType }) => payloadType === 108);
		expect(h264).toMatchObject({ name: 'h264', clockRate: 90_000, feedback: expect.arrayContaining(['nack pli']) });
		expect(h264?.parameters.get('profile-level-id')).toBe('42e01f');
	});

	it('reads what Firefox offers: fingerprint of the session, fmtp before rtpmap', () => {
		const offer = parseOffer(recordedOffer('firefox'));
		const audio = usable(offer, 'audio');
		expect(audio.codecs[0]).toMatchObject({ payloadType: 109, name: 'opus', channels: 2 });
		expect(audio.codecs[0]?.parameters.get('useinbandfec')).toBe('1');
		expect(audio.transport.fingerprint.value).toMatch(/^0B:30:/);
	});

	it('reads what werift offers', () => {
		expect(usable(parseOffer(recordedOffer('werift')), 'video').codecs[0]?.name).toBe('h264');
	});

	it('reads what webrtcbin offers: a section with port 0 that is bundle-only is switched on (RFC 9143 6)', () => {
		const audio = usable(parseOffer(recordedOffer('webrtcbin')), 'audio');
		expect(audio).toMatchObject({ mid: 'audio1', bundled: true, codecs: [{ name: 'opus', payloadType: 111 }] });
		const off = recordedOffer('webrtcbin').replace('a=bundle-only\r\n', '');
		expect(parseOffer(off).sections.map((each) => each.usable)).toEqual([true, false]);
	});

	it('takes line ends without CR and knows static payload types without rtpmap', () => {
		const bare = CHROMIUM.replace(/a=rtpmap:[08] PCM.*\r\n/g, '').replaceAll('\r\n', '\n');
		const names = usable(parseOffer(bare), 'audio').codecs.map(({ name }) => name);
		expect(names).toEqual(expect.arrayContaining(['pcmu', 'pcma']));
	});

	it('takes what the session says of the transport, where its sections say nothing', () => {
		const TRANSPORT = /a=(?:ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n/g;
		const said = [...new Set(CHROMIUM.match(TRANSPORT))];
		expect(said).toHaveLength(4);
		const offer = parseOffer(CHROMIUM.replaceAll(TRANSPORT, '').replace('t=0 0\r\n', `$&${said.join('')}`));
		for (const kind of ['audio', 'video']) {
			expect(usable(offer, kind).transport).toEqual(usable(parseOffer(CHROMIUM), kind).transport);
		}
	});

	it('lends the ICE credentials of a bundled section to the others', () => {
		const once = CHROMIUM.split('m=audio');
		const audio = (once[1] ?? '').replace(/a=(ice-ufrag|ice-pwd|fingerprint|setup).*\r\n/g, '');
		expect(usable(parseOffer(`${once[0]}m=audio${audio}`), 'audio').transport.ufrag).toBe('cUFR');
	});

	it.each([
		['', 'is empty'],
		['{"sdp":"v=0"}', 'does not begin with v=0'],
		['v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 'no m= section'],
		[`${CHROMIUM}<html>\r\n`, 'is not SDP: line'],
		[`v=0\r\n${'a=x\r\n'.repeat(OFFER_LIMITS.lines)}`, 'lines'],
		[`v=0\r\na=${'x'.repeat(OFFER_LIMITS.lineCharacters)}\r\n`, 'characters in line 2'],
		[`v=0\r\n${'x'.repeat(OFFER_LIMITS.characters)}`, 'longer than'],
		[CHROMIUM.replace(/m=video.*/, 'm=video'), 'm= section without'],
		[CHROMIUM.replace(/a=rtpmap:96 .*/, 'a=rtpmap:ninety VP8/90000'), 'malformed a=rtpmap'],
		[CHROMIUM.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:short'), 'a=ice-pwd of wrong length'],
		[CHROMIUM.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:'), 'malformed a=ice-ufrag'],
		[CHROMIUM.replaceAll(/a=fingerprint:.*/g, 'a=fingerprint:sha-256 AA:BB'), 'no sha-256 value'],
		[CHROMIUM.replaceAll(/a=fingerprint:.*\r\n/g, ''), 'fingerprint with SHA-256'],
		[CHROMIUM.replaceAll('sha-256', 'sha-1'), 'fingerprint with SHA-256'],
		[CHROMIUM.replaceAll(/a=setup:.*\r\n/g, ''), 'a=setup'],
		[CHROMIUM.replace('a=mid:1', 'a=mid:0'), 'one a=mid for two'],
		[CHROMIUM.replace('a=mid:1', 'a=mid:1 2'), 'no token'],
		[CHROMIUM.replaceAll(/m=(audio|video) 9/g, 'm=$1 0'), 'switched on'],
		[CHROMIUM + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(OFFER_LIMITS.sections), 'm= sections'],
	])('refuses a broken offer and names what is wrong (%#)', (text, problem) => {
		expect(refusal(text)).toMatchObject({ code: 'offer_invalid', message: expect.stringContaining(problem) });
	});

	it.each([
		['a=recvonly', 'a=sendonly', 'sendonly'],
		['a=recvonly', 'a=inactive', 'inactive'],
		['a=rtcp-mux', 'a=rtcp-mux-only', 'rtcp-mux'],
		['a=setup:actpass', 'a=setup:passive', 'setup:passive'],
	])('refuses %s turned into %s', (from, to, problem) => {
		expect(refusal(CHROMIUM.replaceAll(from, to))).toMatchObject({
			code: 'offer_unsupported',
			message: expect.stringContaining(problem),
		});
	});

	it.each(['sendonly', 'inactive'])('refuses a=%s of the session where a section has no direction', (direction) => {
		const whole = CHROMIUM.replace('t=0 0\r\n', `$&a=${direction}\r\n`);
		expect(() => parseOffer(whole)).not.toThrow();
		expect(refusal(whole.replaceAll('a=recvonly\r\n', ''))).toMatchObject({
			code: 'offer_unsupported',
			message: expect.stringContaining(`a=${direction}`),
		});
	});

	it('takes sendrecv', () => {
		expect(() => parseOffer(CHROMIUM.replaceAll('a=recvonly', 'a=sendrecv'))).not.toThrow();
	});

	it('throws nothing but its own errors, whatever comes', () => {
		const lines = CHROMIUM.split('\r\n');
		const mutation = fc.record({
			at: fc.nat(lines.length - 1),
			kind: fc.constantFrom('drop', 'cut', 'double', 'junk'),
			text: fc.string({ maxLength: 40 }),
		});
		fc.assert(
			fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (mutations) => {
				const mutated = [...lines];
				for (const { at, kind, text } of mutations) {
					const line = mutated[at] ?? '';
					if (kind === 'drop') mutated.splice(at, 1);
					else if (kind === 'cut') mutated[at] = line.slice(0, text.length);
					else if (kind === 'double') mutated.splice(at, 0, line);
					else mutated[at] = line.slice(0, 12) + text;
				}
				try {
					parseOffer(mutated.join('\r\n'));
				} catch (error) {
					expect(error).toBeInstanceOf(DualcastError);
				}
			}),
		);
		fc.assert(
			fc.property(fc.string(), (text) => {
				expect(() => parseOffer(`v=0\r\n${text}`)).toThrow(DualcastError);
			}),
		);
	});
});
