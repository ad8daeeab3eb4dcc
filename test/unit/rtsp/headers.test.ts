import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSession } from '../../../src/rtsp/session-header.ts';
import { buildTransport, parseTransport, type TransportHeader } from '../../../src/rtsp/transport-header.ts';

describe('Transport', () => {
	it.each<[string, Partial<TransportHeader>]>([
		['RTP/AVP/TCP;unicast;interleaved=0-1', { lower: 'tcp', interleaved: [0, 1] }],
		['RTP/AVP/TCP;interleaved=0', { interleaved: [0, 1] }],
		['RTP/AVP;unicast;client_port=50000-50001;server_port=6000-6001', { lower: 'udp', serverPort: [6000, 6001] }],
		['RTP/AVP/UDP;unicast;server_port=6000;client_port=5000', { serverPort: [6000, 6001], clientPort: [5000, 5001] }],
		['RTP/AVP;unicast;ssrc= d6d6627;mode="PLAY"', { ssrc: 0xd6d6627, mode: 'PLAY' }],
		['RTP/AVP/TCP;ssrc=     D93FF;unicast;interleaved=10-11', { ssrc: 0xd93ff, interleaved: [10, 11] }],
		['RTP/AVP;unicast;ssrc=4294967295', { ssrc: 0xffffffff }],
		['rtp/avp ; multicast ; destination=239.0.0.1', { profile: 'RTP/AVP', multicast: true, destination: '239.0.0.1' }],
		['RTP/AVP;multicast;destination=239.0.0.1;port=5000-5001;ttl=16', { port: [5000, 5001], ttl: 16 }],
		['RTP/AVP;multicast;port=5000;ttl=256', { port: [5000, 5001] }],
		['RTP/SAVP/TCP;unicast;source=10.0.0.1', { profile: 'RTP/SAVP', source: '10.0.0.1' }],
	])('%s', (text, expected) => {
		expect(parseTransport(text)).toMatchObject([expected]);
	});

	it('leaves out what is malformed', () => {
		const [transport] = parseTransport(
			'RTP/AVP/TCP;interleaved=0-256;client_port=70000;server_port=;source=;ssrc=zz;x=y;',
		);
		expect(transport).toEqual({ lower: 'tcp', profile: 'RTP/AVP', multicast: false });
	});

	it('reads alternatives in order and passes over what is not RTP', () => {
		expect(parseTransport('RTP/AVP;unicast,x-real-rdt/udp,RTP/AVP/TCP').map(({ lower }) => lower)).toEqual([
			'udp',
			'tcp',
		]);
	});

	it('reads back what it writes', () => {
		const pair = (max: number) => fc.tuple(fc.nat(max), fc.nat(max));
		const transport = fc.record(
			{
				lower: fc.constantFrom('tcp', 'udp'),
				profile: fc.constantFrom('RTP/AVP', 'RTP/SAVP'),
				multicast: fc.boolean(),
				interleaved: pair(255),
				clientPort: pair(65_535),
				serverPort: pair(65_535),
				port: pair(65_535),
				ttl: fc.nat(255),
				source: fc.ipV4(),
				destination: fc.ipV6(),
				ssrc: fc.nat(0xffffffff),
				mode: fc.constant('PLAY'),
			},
			{ requiredKeys: ['lower', 'profile', 'multicast'] },
		);
		fc.assert(
			fc.property(transport, (value) => {
				expect(parseTransport(buildTransport(value as TransportHeader))).toEqual([value]);
			}),
		);
	});

	it('survives anything', () => {
		fc.assert(fc.property(fc.string(), (text) => void parseTransport(text)));
	});
});

describe('Session', () => {
	it.each([
		['12345678', { id: '12345678', timeout: undefined }],
		['        708345999;timeout=30', { id: '708345999', timeout: 30 }],
		['a; timeout=30', { id: 'a', timeout: 30 }],
		['EakNLO2dsKBNd+HT;x=y;Timeout = "8"', { id: 'EakNLO2dsKBNd+HT', timeout: 8 }],
		['a;timeout=0', { id: 'a', timeout: undefined }],
		['a;timeout=-1', { id: 'a', timeout: undefined }],
		['a;timeout=999999999', { id: 'a', timeout: 3600 }],
	])('%s', (text, expected) => {
		expect(parseSession(text)).toEqual(expected);
	});

	it.each(['', ';timeout=60', '  '])('has no id in %j', (text) => {
		expect(parseSession(text)).toBeUndefined();
	});
});
