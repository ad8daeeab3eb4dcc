import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OFFER_LIMITS } from '../../../../src/webrtc/limits.ts';
import { type Offer, parseOffer } from '../../../../src/webrtc/sdp/offer.ts';
import { OfferForms } from '../../../../src/webrtc/sdp/offer-form.ts';
import { recordedOffer } from '../../../fakes/offers.ts';

const BROWSERS = ['chromium', 'firefox', 'webrtcbin', 'werift'] as const;

/** What the offer is read as, or why it is refused. */
function outcome(text: string, forms?: OfferForms): Offer | string {
	try {
		return parseOffer(text, forms);
	} catch (error) {
		return (error as Error).message;
	}
}

function credentials(offer: Offer): string[] {
	return offer.sections
		.map((section) => (section.usable ? section.transport.ufrag : ''))
		.filter((ufrag) => ufrag !== '');
}

describe('offers of one form', () => {
	it.each(BROWSERS)('are read as if each of %s were the first', (browser) => {
		const forms = new OfferForms();
		const first = recordedOffer(browser);
		const second = first.replace(/^(a=ice-ufrag:).*$/gm, '$1another');
		expect(parseOffer(first, forms)).toEqual(parseOffer(first));
		const offer = parseOffer(second, forms);
		expect(offer).toEqual(parseOffer(second));
		expect(new Set(credentials(offer))).toEqual(new Set(['another']));
		expect(parseOffer(first, forms)).toEqual(parseOffer(first));
	});

	it('share what they have in common', () => {
		const forms = new OfferForms();
		const codecs = (text: string) =>
			parseOffer(text, forms).sections.map((section) => (section.usable ? section.codecs : []));
		const one = recordedOffer('chromium').replace(/^o=.*$/m, 'o=- 1 2 IN IP4 127.0.0.1');
		const other = recordedOffer('chromium').replace(
			/^a=mid:0\r\n/m,
			'$&a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n',
		);
		for (const [index, list] of codecs(one).entries()) expect(codecs(recordedOffer('chromium'))[index]).toBe(list);
		expect(codecs(other)[0]).not.toBe(codecs(one)[0]);
	});

	it('are read and refused alike whatever their own lines say, wherever they stand', () => {
		const lines = recordedOffer('chromium').split('\r\n');
		const own = fc.tuple(
			fc.constantFrom('a=ice-ufrag:', 'a=ice-pwd:', 'a=fingerprint:', 'a=candidate:', 'o=', 'a=ssrc:', ' a=ice-ufrag:'),
			fc.oneof(
				fc.constantFrom(
					'',
					' ',
					'\t',
					'ufrag',
					'p'.repeat(24),
					`sha-256 ${'AB:'.repeat(31)}CD`,
					'\rx',
					'\u2028a=mid:9',
					'é',
				),
				fc.string({ maxLength: 30 }),
			),
			fc.nat(lines.length),
		);
		const warm = new OfferForms();
		fc.assert(
			fc.property(fc.array(own, { minLength: 1, maxLength: 5 }), (changes) => {
				const changed = [...lines];
				for (const [name, value, at] of changes) changed.splice(at, 0, name + value);
				const text = changed.join('\r\n');
				const cold = outcome(text);
				expect(outcome(text, warm)).toEqual(cold);
				expect(outcome(text, warm)).toEqual(cold);
			}),
		);
	});

	it('are forgotten when others come', () => {
		const forms = new OfferForms();
		const codecs = () =>
			parseOffer(recordedOffer('chromium'), forms).sections.map((each) => each.usable && each.codecs);
		const before = codecs();
		for (let other = 0; other < OFFER_LIMITS.forms; other++) {
			parseOffer(recordedOffer('chromium').replace(/^s=.*$/m, `s=${other}`), forms);
		}
		expect(codecs()).toEqual(before);
		expect(codecs()[0]).not.toBe(before[0]);
	});
});
