import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folder of `src` → the folders of `src` it may import. Everything may import itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
	base: [],
	config: ['base'],
	media: ['base'],
	stream: ['base', 'media'],
	rtsp: ['base', 'media', 'stream'],
	webrtc: ['base', 'media', 'stream'],
	hls: ['base', 'media', 'stream'],
	http: ['base'],
	auth: ['base'],
	check: ['base', 'media'],
	cluster: ['base', 'stream'],
	demo: ['base', 'media', 'rtsp'],
	probe: ['base', 'media', 'stream'],
	api: ['auth', 'base', 'config', 'media', 'stream', 'probe'],
	web: [],
};
/** May import everything: the composition root and the command line. */
const ROOTS = ['gateway.ts', 'compose', 'main.ts', 'cli'];
const SOURCE = 'src';
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
const PURE = ['media'];
const IMPURE_MODULES = /^node:(?!buffer$)/;

function files(folder: string): string[] {
	return readdirSync(folder).flatMap((name) => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? files(path) : /\.ts$/.test(name) ? [path] : [];
	});
}

function imports(path: string): string[] {
	return [...readFileSync(path, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
}

function layerOf(path: string): string {
	return relative(SOURCE, path).split(sep)[0] ?? '';
}

const sources = files(SOURCE);

describe('layers', () => {
	it('knows every folder', () => {
		const known = [...Object.keys(LAYERS), ...ROOTS];
		expect(sources.map(layerOf).filter((layer) => !known.includes(layer))).toEqual([]);
	});

	it('are kept by every import', () => {
		const broken: string[] = [];
		for (const path of sources) {
			const layer = layerOf(path);
			const allowed = LAYERS[layer];
			if (!allowed) continue;
			for (const specifier of imports(path)) {
				if (!specifier.startsWith('.')) continue;
				const target = layerOf(normalize(join(dirname(path), specifier)));
				if (target !== layer && !allowed.includes(target)) broken.push(`${path} imports ${specifier}`);
			}
		}
		expect(broken).toEqual([]);
	});

	it('have no circles of folders that lie beside each other', () => {
		const graph = new Map<string, Set<string>>();
		for (const path of sources) {
			const from = dirname(path);
			for (const specifier of imports(path)) {
				const to = dirname(normalize(join(from, specifier)));
				if (!specifier.startsWith('.') || `${from}/`.startsWith(`${to}/`) || to.startsWith(`${from}/`)) continue;
				graph.set(from, (graph.get(from) ?? new Set()).add(to));
			}
		}
		const reached = (start: string, seen = new Set<string>()): Set<string> => {
			for (const next of graph.get(start) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
			return seen;
		};
		expect([...graph.keys()].filter((folder) => reached(folder).has(folder))).toEqual([]);
	});

	it('keep byte code pure: no Node module in src/media', () => {
		const broken = sources
			.filter((path) => PURE.includes(layerOf(path)))
			.flatMap((path) =>
				imports(path)
					.filter((from) => IMPURE_MODULES.test(from))
					.map((from) => `${path}: ${from}`),
			);
		expect(broken).toEqual([]);
	});

	it('load the readers of the check for the check alone, which take memory', () => {
		const loaded = new Set(['src/main.ts']);
		const packages = new Set<string>();
		for (const path of loaded) {
			for (const [statement, from] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
				if (from === undefined || /^\s*(?:import|export) type /.test(statement)) continue;
				if (from.startsWith('.')) loaded.add(normalize(join(dirname(path), from)));
				else packages.add(from);
			}
		}
		expect([...packages]).toContain('zod');
		expect([...packages].filter((name) => ['mp4box', 'm3u8-parser'].includes(name))).toEqual([]);
	});

	it('start no other program: a camera says nothing that reaches a shell', () => {
		const started = /^(?:node:)?(?:child_process|cluster)$/;
		const broken = sources.filter((path) => imports(path).some((from) => started.test(from)));
		expect(broken).toEqual([]);
		const hidden = /child_process|process\.binding/;
		expect(sources.filter((path) => hidden.test(readFileSync(path, 'utf8')))).toEqual([]);
	});

	it('touch the process in main.ts and cli only', () => {
		const broken = sources
			.filter((path) => !['main.ts', 'cli'].includes(layerOf(path)))
			.filter((path) => /\bprocess\.(?!cpuUsage|memoryUsage)[a-z]/.test(readFileSync(path, 'utf8')));
		expect(broken).toEqual([]);
	});
});

describe('file size', () => {
	const sized = [...sources, ...files('test'), ...files('bench')].map((path) => ({
		path,
		lines: readFileSync(path, 'utf8').split('\n').length,
	}));

	it('never passes 500 lines', () => {
		expect(sized.filter(({ lines }) => lines > 500)).toEqual([]);
	});

	it('stays small on the median', () => {
		const lines = sized.filter(({ path }) => path.startsWith(SOURCE)).map((file) => file.lines);
		lines.sort((a, b) => a - b);
		expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(140);
	});

	it('has no drawer for everything', () => {
		expect(sources.filter((path) => /(^|\/)(utils?|helpers?|types|common)(\.ts|\/)/.test(path))).toEqual([]);
	});
});
