import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { CameraPlaces } from '../../../src/rtsp/client/camera-places.ts';

function problem(security: string): string {
	try {
		parseConfig(`security: ${security}\n`, 'c.yaml', {});
		return '';
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
}

describe('security', () => {
	it('takes names, addresses and networks', () => {
		const hosts = ['cam-1', 'gate.example', '192.0.2.7', '10.0.0.0/8', '2001:db8::/32', '::1'];
		const text = `security: { camera_hosts: ${JSON.stringify(hosts)}, page_hosts: [cams.example], trusted_proxies: ["::1"] }`;
		const { security } = parseConfig(text, 'c.yaml', {});
		expect(security).toMatchObject({ page_hosts: ['cams.example'], trusted_proxies: ['::1'] });
		expect(() => new CameraPlaces({ allowed: security.camera_hosts, local: true })).not.toThrow();
	});

	it.each([
		['{ camera_hosts: [10.0.0.0/33] }', 'camera_hosts'],
		['{ camera_hosts: ["rtsp://192.0.2.7/"] }', 'camera_hosts'],
		['{ camera_hosts: ["192.0.2.7:554"] }', 'camera_hosts'],
		['{ camera_hosts: ["*"] }', 'camera_hosts'],
		['{ page_hosts: ["https://cams.example"] }', 'page_hosts'],
		['{ page_hosts: ["cams.example:8107"] }', 'page_hosts'],
		['{ trusted_proxies: [proxy.example] }', 'trusted_proxies'],
		['{ trusted_proxies: [true] }', 'trusted_proxies'],
	])('refuses %s', (text, key) => {
		expect(problem(text)).toContain(key);
	});
});
