import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const reference = readFileSync('configs/config.yaml', 'utf8');

function problems(text: string): string[] {
	try {
		parseConfig(text, 'c.yaml', {});
		return [];
	} catch (error) {
		if (error instanceof ConfigError) return error.message.split('\n');
		throw error;
	}
}

describe('cameras written behind the configuration that comes along', () => {
	const lines = reference.trimEnd().split('\n');
	const streams = lines.indexOf('streams:') + 1;

	it('with a second streams are told where the first one is', () => {
		const text = `${reference}streams:\n  entrance: rtsp://192.0.2.1/live\n`;
		expect(problems(text)).toEqual([
			`c.yaml:${lines.length + 1}:1: streams: stands here twice, first in line ${streams}; put the cameras under that one`,
		]);
	});

	it.each([1, 3])('with %i blanks in place of two are told the line', (blanks) => {
		const text = `${reference}${' '.repeat(blanks)}entrance: rtsp://192.0.2.1/live\n`;
		expect(problems(text)).toEqual([
			expect.stringMatching(`^c\\.yaml:${lines.length + 1}:${blanks + 1}: .*the (same column|line above)`),
		]);
	});
});

describe('a mistake of YAML is told once, at its place, with the cure', () => {
	it.each([
		['hls:\n  enabled: true\n  enabled: false\n', '3:3: hls.enabled: stands here twice, first in line 2; keep one'],
		['hls: { enabled: true, enabled: false }\n', '1:23: hls.enabled: stands here twice, first in line 1'],
		['auth:\n  class_codes:\n    CANARY: a\n    CANARY: b\n', '4:5: auth.class_codes: a key stands here twice, first'],
		['hls:\n  enabled: true\n streams:\n  demo: demo\n', '3:2: begins where no line above begins'],
		['streams:\n  a: demo\n\n   b:\n     source: demo\n', '4:4: begins too far right'],
		['streams:\n\ta: demo\n', '2:1: a tab; indent with blanks'],
		['server:\n  port:80\n  host: x\n', '2:3: a colon with a blank behind it is missing, as in key: value'],
		['server:\n  host: x\n  port 80\n', '3:3: a colon with a blank behind it is missing'],
		['auth:\n  secret: CANARY: c\n', '2:11: text with a colon and a blank in it stands in quotes'],
		['auth:\n  secret: "CANARY\nhls: {}\n', '2:11: a quote is opened here and never closed'],
		["auth:\n  secret: 'CANARY\n", '2:11: a quote is opened here and never closed'],
		['auth:\n  secret: "CANARY\\p"\n', '2:18: a backslash between double quotes is written twice'],
		['auth:\n  secret: @CANARY\n', '2:11: text that begins with @ stands in quotes'],
		['auth:\n  secret: !CANARY\n', '2:11: text that begins with ! stands in quotes'],
		['auth:\n  secret: *CANARY\n', '2:11: text that begins with * stands in quotes'],
		['auth:\n  secret: "a"CANARY\n', '2:14: does not belong here; text with any of'],
		['auth:\n  secret: a]CANARY\n  api_keys: ]\n', '3:13: does not belong here; text with any of'],
		['auth:\n  api_keys: [a, b\nhls: {}\n', '3:1: a [ or { above is never closed'],
		['auth:\n  secret: "a"#CANARY\n', '2:14: a comment begins with a blank and #'],
		['webrtc:\n  additional_hosts:\n    - a\n   - b\n', '4:4: begins where no line above begins'],
		['server: {}\n---\nhls: {}\n', '2:1: --- begins a second document; a configuration is one'],
	])('%j', (text, problem) => {
		const [first, ...more] = problems(text);
		expect(first).toContain(`c.yaml:${problem}`);
		expect(first).not.toContain('CANARY');
		expect(more).toEqual([]);
	});

	it('and aliases without end are no alias that leads nowhere', () => {
		const many = `a: &a [${'x,'.repeat(50)}]\nb: [${'*a,'.repeat(200)}]\n`;
		expect(problems(many)).toEqual(['c.yaml: more than 100 aliases; write the values out']);
	});
});

describe('a secret where a key should be is not repeated', () => {
	it.each([
		[
			'streams:\n  a: { source: "rtsp://h/", username: u, password:CANARY }\n',
			'2:42: streams.a.password:…: unknown key',
		],
		[
			'streams:\n  a: { source: "rtsp://h/", username: u, password=CANARY }\n',
			'2:42: streams.a.password=…: unknown key',
		],
		['streams:\n  rtsp://u:CANARY@h/x: cam\n', '2:3: streams.rtsp:…: a stream name is made of'],
		['auth:\n  class_codes:\n    CLCANARY: 5\n', '3:15: auth.class_codes.CL…: expected text'],
		['auth:\n  class_codes:\n    CANARY: a\n', '3:5: auth.class_codes.CA…: a class code has at least 8'],
		['auth:\n  class_codes:\n    CLCANARY: a b\n', '3:15: auth.class_codes.CL…: a class name is made of'],
		['auth:\n  class_codes:\n    CLCANARY: $' + '{NOWHERE}\n', '3:15: auth.class_codes.CL…: the environment variable'],
	])('%j', (text, problem) => {
		const said = problems(text);
		expect(said[0]).toContain(`c.yaml:${problem}`);
		expect(said.join()).not.toContain('CANARY');
	});
});
