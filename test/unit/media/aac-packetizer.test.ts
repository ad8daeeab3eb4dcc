import { expect, it } from 'vitest';
import { createDepacketizer } from '../../../src/media/depacketizers/create-depacketizer.ts';
import type { RawAudio } from '../../../src/media/depacketizers/depacketizer.ts';
import { AAC_HBR, packetizeAac } from '../../../src/media/packetizers/aac-packetizer.ts';
import { AAC } from '../../fakes/sample-tracks.ts';

it.each([1, 1000, 1448, 1449, 4000, 6144])('carries an access unit of %i bytes to a depacketizer', (size) => {
	const unit = Uint8Array.from({ length: size }, (_, index) => index & 0xff);
	const heard: RawAudio[] = [];
	const depacketizer = createDepacketizer(
		{ ...AAC, ...AAC_HBR },
		{ onVideo() {}, onAudioConfig() {}, onParameterSets() {}, onAudio: (raw) => heard.push(raw) },
	);
	let sequence = 0;
	const markers: boolean[] = [];
	packetizeAac(unit, 1452, (payload, marker) => {
		expect(payload.length).toBeLessThanOrEqual(1452);
		markers.push(marker);
		depacketizer.push(
			{ payloadType: 96, marker, sequence: sequence++, timestamp: 7, ssrc: 1, payload: payload.slice() },
			0,
		);
	});
	expect(heard.map(({ data }) => Buffer.from(data).equals(unit))).toEqual([true]);
	expect(markers).toEqual(Array.from({ length: Math.ceil(size / 1448) }, (_, index) => index === markers.length - 1));
});

it.each([0, 8192])('leaves out an access unit of %i bytes', (size) => {
	packetizeAac(new Uint8Array(size), 1452, () => expect.unreachable());
});
