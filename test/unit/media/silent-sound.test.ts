import { execFileSync, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { adtsHeader, parseAudioSpecificConfig } from '../../../src/media/codecs/aac.ts';
import { SILENT_OPUS, SILENT_OPUS_DURATION, silentAac } from '../../../src/media/codecs/silent-sound.ts';
import { opusDuration } from '../../../src/media/depacketizers/opus-depacketizer.ts';

const FRAMES = 20;

/** What ffmpeg, strict, makes of silent frames: samples of 16 bits by channels. */
function decode(objectType: number, channels: number): Buffer {
	const frame = silentAac({ objectType, channels }) as Uint8Array;
	const header = adtsHeader({ objectType, channels, sampleRate: 48_000 }, frame.length) as Uint8Array;
	const input = Buffer.concat(Array.from({ length: FRAMES }, () => [header, frame]).flat());
	const strict = ['-xerror', '-err_detect', 'explode', '-f', 'aac', '-i', '-', '-f', 's16le', '-'];
	const { status, stdout } = spawnSync('ffmpeg', ['-v', 'error', ...strict], { input });
	expect(status).toBe(0);
	return stdout;
}

it.each([1, 2, 3, 4, 5, 6, 8])('a silent frame of AAC-LC with %d channels is decoded to silence', (channels) => {
	const samples = decode(2, channels);
	expect(samples.length).toBe(FRAMES * 1024 * channels * 2);
	expect(samples.every((byte) => byte === 0)).toBe(true);
});

it.each([
	['AAC Main', 1, 1],
	['AAC LTP', 4, 2],
	['HE-AAC, which ADTS calls AAC-LC', 5, 1],
	['HE-AAC with parametric stereo', 29, 1],
])('a silent frame of %s is decoded to silence', (_, objectType, channels) => {
	const samples = decode(objectType, channels);
	expect(samples.length).toBeGreaterThan(0);
	expect(samples.every((byte) => byte === 0)).toBe(true);
});

it.each([
	['channels that a program config element says', '1180'],
	['AAC-LD', 'b98880'],
	['AAC-ELD', 'f8f02000'],
])('no silence is made for %s', (_, hex) => {
	const config = parseAudioSpecificConfig(Buffer.from(hex, 'hex'));
	expect(config).toBeDefined();
	expect(config && silentAac(config)).toBeUndefined();
});

it('a silent packet of Opus lasts as long as it says and is decoded to silence', () => {
	expect(opusDuration(SILENT_OPUS)).toBe(SILENT_OPUS_DURATION);
	const ivf = ['-v', 'error', '-f', 'ogg', '-i', '-', '-f', 's16le', '-'];
	const samples = execFileSync('ffmpeg', ivf, { input: oggOpus(Array(FRAMES).fill(SILENT_OPUS)) });
	expect(samples.length).toBeGreaterThan(0);
	expect(samples.every((byte) => byte === 0)).toBe(true);
});

/** Opus in Ogg, one packet a page (RFC 7845); ffmpeg reads no Opus without a container. */
function oggOpus(packets: readonly Uint8Array[]): Buffer {
	const head = Buffer.concat([Buffer.from('OpusHead'), Uint8Array.of(1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)]);
	const tags = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)]);
	return Buffer.concat(
		[head, tags, ...packets].map((packet, index) => {
			const page = Buffer.alloc(28);
			page.write('OggS');
			page[5] = index === 0 ? 2 : 0;
			page.writeBigUInt64LE(BigInt(Math.max(0, index - 1) * SILENT_OPUS_DURATION), 6);
			page.writeUInt32LE(1, 14);
			page.writeUInt32LE(index, 18);
			page[26] = 1;
			page[27] = packet.length;
			const whole = Buffer.concat([page, packet]);
			whole.writeUInt32LE(oggCrc(whole), 22);
			return whole;
		}),
	);
}

function oggCrc(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte << 24;
		for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
	}
	return crc >>> 0;
}
