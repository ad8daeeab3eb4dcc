import { describe, expect, it } from 'vitest';
import { CameraPlaces } from '../../../src/rtsp/client/camera-places.ts';

const configured = new CameraPlaces({ allowed: [], local: true });
const probed = new CameraPlaces({ allowed: [], local: false });

const NEVER = [
	'169.254.169.254',
	'::ffff:169.254.169.254',
	'::ffff:a9fe:a9fe',
	'0:0:0:0:0:ffff:a9fe:a9fe',
	'::169.254.169.254',
	'64:ff9b::169.254.169.254',
	'64:ff9b::a00:1',
	'64:ff9b:1::a00:1',
	'2002:a9fe:a9fe::1',
	'2001:0:102:304::1',
	'169.254.170.2',
	'100.100.100.200',
	'fd00:ec2::254',
	'224.0.0.1',
	'255.255.255.255',
	'ff02::1',
];
const LOCAL = [
	'127.0.0.1',
	'127.8.9.10',
	'0.0.0.0',
	'::',
	'::1',
	'::ffff:127.0.0.1',
	'::ffff:7f00:1',
	'169.254.3.4',
	'fe80::1%eth0',
];
const ORDINARY = ['10.0.0.7', '192.168.1.20', '172.16.9.9', '100.64.0.9', '192.0.2.7', '2001:db8::7', 'fd12::7'];

describe('S1: where cameras may be', () => {
	it.each(NEVER)('is never %s', (address) => {
		const everywhere = new CameraPlaces({ allowed: ['0.0.0.0/0', '::/0', 'trap.example'], local: true });
		for (const places of [configured, probed, everywhere]) expect(places.allow('trap.example', address)).toBe(false);
	});

	it.each(LOCAL)('is %s for a configured camera, not for one given over the API', (address) => {
		expect(configured.allow('camera', address)).toBe(true);
		expect(probed.allow('camera', address)).toBe(false);
		expect(new CameraPlaces({ allowed: ['192.168.0.0/16'], local: true }).allow('camera', address)).toBe(false);
	});

	it.each(ORDINARY)('is %s for both', (address) => {
		expect(configured.allow('camera', address)).toBe(true);
		expect(probed.allow('camera', address)).toBe(true);
	});

	it('is where a list says and nowhere else', () => {
		const places = new CameraPlaces({ allowed: ['192.168.0.0/16', 'Gate.example', '127.0.0.1'], local: false });
		expect(places.allow('192.168.7.7', '192.168.7.7')).toBe(true);
		expect(places.allow('localhost', '127.0.0.1')).toBe(true);
		expect(places.allow('gate.example.', '203.0.113.4')).toBe(true);
		expect(places.allow('evil.gate.example', '203.0.113.4')).toBe(false);
		expect(places.allow('192.0.2.1', '192.0.2.1')).toBe(false);
		expect(places.allow('evil.example', '192.168.7.7')).toBe(true);
	});

	it('is judged at once for an address, with the cure', () => {
		const refusal = (places: CameraPlaces, host: string) => {
			try {
				places.check(host);
				return undefined;
			} catch (thrown) {
				return thrown;
			}
		};
		expect(refusal(configured, '169.254.169.254')).toMatchObject({ code: 'camera_disallowed', permanent: true });
		expect(refusal(probed, '127.0.0.1')).toMatchObject({ message: expect.stringContaining('probe.local') });
		const listed = new CameraPlaces({ allowed: ['192.0.2.1'], local: true });
		expect(refusal(listed, '192.0.2.2')).toMatchObject({ message: expect.stringContaining('camera_hosts') });
		expect(refusal(listed, '192.0.2.1')).toBeUndefined();
		expect(refusal(listed, 'a.name')).toBeUndefined();
	});

	it('refuses a list with what is no network', () => {
		expect(() => new CameraPlaces({ allowed: ['10.0.0.0/99'], local: true })).toThrow(RangeError);
	});

	// The system's own look-up understands numbers as addresses; so do the rules, which see what it found.
	it.each(['localhost', '2130706433', '0x7f000001', '0177.0.0.1', '127.1'])(
		'is judged by what the name %s was found to be',
		async (name) => {
			const found = (places: CameraPlaces) =>
				new Promise((resolve) => {
					places.lookup(name, { all: true }, (failure, addresses) => resolve(failure ?? addresses));
				});
			expect(await found(probed)).toMatchObject({ code: 'camera_disallowed' });
			expect(await found(configured)).toContainEqual({ address: '127.0.0.1', family: 4 });
			expect(await found(new CameraPlaces({ allowed: ['127.0.0.1'], local: false }))).toEqual([
				{ address: '127.0.0.1', family: 4 },
			]);
		},
	);

	it('are names that nobody knows as before', async () => {
		const failure = await new Promise((resolve) => {
			probed.lookup('no-such-host.invalid', { all: false }, (failure) => resolve(failure));
		});
		expect(failure).toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
	});
});
