import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

const readme = readFileSync('README.md', 'utf8');

/** What stands between the fences of a language under a heading. */
function blocks(heading: string, language: string): string[] {
	const section = readme.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
	return [...section.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, name, text = '']) =>
		name === language ? [text] : [],
	);
}

describe('README, a camera of one’s own', () => {
	const [cameras = ''] = blocks('Your own camera', 'yaml');
	const [start = ''] = blocks('Your own camera', 'sh');

	it('starts with the variables that its example needs', () => {
		const given = Object.fromEntries([...start.matchAll(/(\w+)='([^']*)'/g)].map(([, name, value]) => [name, value]));
		expect(start).toMatch(/ npm start\n$/);
		const { streams } = parseConfig(cameras, 'README.md', given);
		expect(Object.keys(streams)).toEqual(['CCTV-TEST', 'entrance']);
		expect(streams.entrance?.credentials?.password).not.toBe('');
	});

	it.each(['888888', 'true', '~'])('takes the password %s as it is', (password) => {
		const { streams } = parseConfig(cameras, 'README.md', { ENTRANCE_PASSWORD: password });
		expect(streams.entrance?.credentials).toEqual({ username: 'viewer', password });
	});

	it('says where its example belongs in the file that is there', () => {
		const reference = readFileSync('configs/config.yaml', 'utf8');
		expect(reference).toMatch(/\nstreams:\n {2}demo: demo\n( {2}#.*\n)*$/);
		expect(readme.slice(0, readme.indexOf(cameras))).toMatch(
			/under `streams:` at the end of [^.]*configs\/config\.yaml/,
		);
	});
});

describe('README, Docker', () => {
	it('tells what Compose mounts, hands on and asks', () => {
		const [, text = ''] = readme.split('\n## Docker\n');
		for (const words of ['`configs/` read-only', '`ENTRANCE_PASSWORD`', '`environment`', '`HTTP_PORT`'])
			expect(text.split('\n## ')[0]).toContain(words);
	});
});
