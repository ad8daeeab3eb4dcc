import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, type JsonSchema } from '../../../src/config/json-schema.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { renderConfigReference } from '../../../src/config/reference.ts';

const REWRITE = 'rewrite it: npx tsx scripts/config-reference.ts && npm run format';
const file = readFileSync('configs/config.yaml', 'utf8');

function leaves(schema: JsonSchema, path: string[] = []): [string, JsonSchema][] {
	return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
		inner.properties ? leaves(inner, [...path, key]) : [[[...path, key].join('.'), inner] as [string, JsonSchema]],
	);
}

describe('configs/config.yaml', () => {
	it('is what the schema says', () => {
		expect(file, REWRITE).toBe(renderConfigReference());
	});

	it('has exactly the keys and defaults of the schema', () => {
		const isGroup = (value: unknown): value is object =>
			typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
		const leavesOf = (value: unknown, path: string): [string, unknown][] =>
			path !== 'streams' && isGroup(value)
				? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`))
				: [[path, value]];
		const found = leavesOf(parse(file), '');
		const expected = leaves(configJsonSchema()).map(([path, schema]) => [path, schema.default]);
		expect(found).toEqual(expected);
		expect(parseConfig(file, 'config.yaml', {})).toEqual(parseConfig('', 'config.yaml', {}));
	});

	it('documents every key with its default', () => {
		for (const [path, schema] of leaves(configJsonSchema())) {
			expect(schema.description, path).toMatch(/\.$/);
			expect(schema, path).toHaveProperty('default');
		}
		const settings = ['source', 'username', 'password', 'on_demand', 'transport', 'tunnel_path', 'tls'];
		for (const key of settings) expect(file).toContain(`#   ${key}: `);
	});

	it('says how long secrets have to be', () => {
		for (const [key, length] of [
			['secret', 32],
			['api_keys', 32],
			['class_codes', 8],
		] as const) {
			const words = new RegExp(`\\n((?: {2}#.*\\n)+) {2}${key}:`).exec(file.slice(file.indexOf('\nauth:')))?.[1];
			expect(words?.replace(/\s*#\s*/g, ' '), key).toContain(`at least ${length} characters`);
		}
	});

	it('has examples that are valid once uncommented', () => {
		const uncommented = file.replace(/^ {2}#/gm, (mark, offset: number) =>
			offset > file.indexOf('\nstreams:') ? '  ' : mark,
		);
		const { streams } = parseConfig(uncommented, 'config.yaml', { GATE_PASSWORD: '0123' });
		expect(streams).toEqual({
			demo: { source: 'demo', credentials: undefined, on_demand: true, transport: 'auto' },
			'CCTV-TEST': {
				source: 'rtsp://192.0.2.10:554/stream1',
				credentials: { username: 'user', password: 'password' },
				on_demand: true,
				transport: 'auto',
			},
			'yard/gate': {
				source: 'rtsp://192.0.2.11:554/h264',
				credentials: { username: 'viewer', password: '0123' },
				on_demand: false,
				transport: 'tcp',
			},
		});
	});
});

describe('configs/config.schema.json', () => {
	it('is what the schema says', () => {
		expect(JSON.parse(readFileSync('configs/config.schema.json', 'utf8')), REWRITE).toEqual(configJsonSchema());
	});
});

type Limits = JsonSchema & {
	readonly type?: string | readonly string[];
	readonly pattern?: string;
	readonly minLength?: number;
	readonly enum?: readonly unknown[];
};

/** What an editor says of text in place of a value. */
function takesText({ type, pattern, minLength = 0, enum: words, anyOf }: Limits, text: string): boolean {
	return (
		(type === undefined || [type].flat().includes('string')) &&
		text.length >= minLength &&
		(pattern === undefined || new RegExp(pattern).test(text)) &&
		(words === undefined || words.includes(text)) &&
		(anyOf === undefined || anyOf.some((inner) => takesText(inner, text)))
	);
}

describe('the schema for editors', () => {
	const all = new Map<string, Limits>(leaves(configJsonSchema()));
	const scalars = [...all].filter(([, { default: value }]) => ['string', 'number', 'boolean'].includes(typeof value));
	const mayBeNull = ['auth.secret', 'cluster.secret', 'cluster.role', 'cluster.address', 'cluster.http_url'];

	it('takes a variable in place of any value', () => {
		expect(scalars.length).toBeGreaterThan(30);
		for (const name of [...scalars.map(([path]) => path), ...mayBeNull]) {
			expect(takesText(all.get(name) ?? {}, '$' + '{A}'), name).toBe(true);
		}
	});

	it.each(['server.port', 'hls.enabled', 'log.level', 'auth.secret', 'cluster.secret', 'cluster.redis.url'])(
		'takes no other text than it did: %s',
		(path) => {
			expect(takesText(all.get(path) ?? {}, 'abc')).toBe(false);
		},
	);
});
