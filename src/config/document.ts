import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Scalar, visit } from 'yaml';
import type { ConfigProblem } from './config-error.ts';
import { type Environment, expandEnvironment } from './environment.ts';
import { strayAlias, yamlProblems } from './yaml-problems.ts';

/** A YAML file as plain data, with the way back from a key to its place in the file. */
export type ConfigDocument = {
	readonly value: unknown;
	/** What is wrong with it as YAML, and variables that are not set. With one of these, `value` means nothing. */
	readonly problems: readonly ConfigProblem[];
	/** Where the value at `path` stands; where it is missing, the nearest thing around it. */
	place(path: readonly PropertyKey[]): Place;
	/** Where the last key of `path` stands. */
	placeOfKey(path: readonly PropertyKey[]): Place;
};

/** Counted from 1. */
export type Place = { readonly line: number; readonly column: number };

const MAX_ALIASES = 100;

/** Reads YAML 1.2 and expands the environment in its values (not in keys or comments). */
export function readDocument(text: string, env: Environment): ConfigDocument {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
	const problems = yamlProblems(document, text, lines);

	visit(document, {
		Pair(_, { key }) {
			if (isScalar(key) && key.value === '__proto__') {
				problems.push({ ...at(key.range?.[0]), path: [], message: 'the name __proto__ is not allowed' });
			}
		},
		Scalar(position, node, ancestors) {
			if (position !== 'key') expand(node, keysOf(ancestors));
		},
	});
	return {
		value: problems.length > 0 ? undefined : toPlain(),
		problems,
		place: (path) => at(find(path, false)),
		placeOfKey: (path) => at(find(path, true)),
	};

	function expand(node: Scalar, path: readonly string[]): void {
		if (typeof node.value !== 'string' || !node.value.includes('$')) return;
		const expanded = expandEnvironment(node.value, env, (message) => {
			problems.push({ ...at(node.range?.[0]), path, message });
		});
		if (expanded !== node.value) node.value = node.type === 'PLAIN' ? plainScalar(expanded) : expanded;
	}

	function toPlain(): unknown {
		try {
			return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
		} catch {
			const stray = strayAlias(document);
			const message = `more than ${MAX_ALIASES} aliases; write the values out`;
			problems.push(
				stray === undefined
					? { path: [], message }
					: { ...at(stray), path: [], message: 'text that begins with * stands in quotes' },
			);
			return undefined;
		}
	}

	function find(path: readonly PropertyKey[], wantKey: boolean): number {
		let node: unknown = document.contents;
		let offset = 0;
		for (const [depth, key] of path.entries()) {
			if (isSeq(node)) {
				node = node.items[Number(key)];
			} else if (isMap(node)) {
				const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
				if (!pair) return offset;
				if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
				if (wantKey && depth === path.length - 1) return offset;
				node = pair.value;
			} else {
				return offset;
			}
		}
		return rangeStart(node) ?? offset;
	}

	function at(offset = 0): Place {
		const { line, col } = lines.linePos(offset);
		return { line: Math.max(1, line), column: Math.max(1, col) };
	}
}

/** Text that was not in quotes counts as if it had been written there: a number, a truth value, null or text. */
function plainScalar(text: string): unknown {
	if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
	if (text === '' || /^(?:null|~)$/i.test(text)) return null;
	return /^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
}

function keysOf(ancestors: readonly unknown[]): string[] {
	return ancestors.flatMap((node) => (isPair(node) && isScalar(node.key) ? [String(node.key.value)] : []));
}

function rangeStart(node: unknown): number | undefined {
	return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}
