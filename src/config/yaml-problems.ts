import { type Document, isPair, isScalar, type LineCounter, type Pair, visit, type YAMLError } from 'yaml';
import { redact } from '../base/redact.ts';
import { type ConfigProblem, SECRET_KEYS } from './config-error.ts';

/** What is wrong, and at which offset it is best looked for. */
type Finding = { readonly message: string; readonly offset: number; readonly path?: readonly string[] };

type Code = YAMLError['code'];

const UNFIT = 'does not belong here; text with any of " \' [ ] { } , in it stands in quotes as a whole';
const COLON = 'a colon with a blank behind it is missing, as in key: value';
const COLUMN = 'begins where no line above begins; begin what belongs together in the same column';
const TOO_FAR = 'begins too far right; the line above has its value already: begin under the first letter of its key';

/** By the library's code and the beginning of its words, which themselves may repeat what is a secret. */
const SENTENCES: readonly (readonly [Code, words: string, sentence: string])[] = [
	['TAB_AS_INDENT', '', 'a tab; indent with blanks'],
	['BAD_INDENT', 'Flow', 'a [ or { above is never closed by ] or }'],
	['BAD_INDENT', '', COLUMN],
	['BLOCK_AS_IMPLICIT_KEY', 'Nested', 'text with a colon and a blank in it stands in quotes'],
	['BLOCK_AS_IMPLICIT_KEY', '', COLUMN],
	['MULTILINE_IMPLICIT_KEY', '', COLON],
	['MISSING_CHAR', 'Implicit map keys', COLON],
	['MISSING_CHAR', 'Missing closing', 'a quote is opened here and never closed'],
	['MISSING_CHAR', 'Missing ,', 'a comma is missing between what stands in [ ] or { }'],
	['MISSING_CHAR', 'Comments', 'a comment begins with a blank and #; text with # in it stands in quotes as a whole'],
	['BAD_DQ_ESCAPE', '', 'a backslash between double quotes is written twice; between single quotes it stands as it is'],
	['TAG_RESOLVE_FAILED', '', 'text that begins with ! stands in quotes'],
	['UNEXPECTED_TOKEN', '', UNFIT],
	['MULTIPLE_DOCS', '', '--- begins a second document; a configuration is one'],
];

/** What is wrong with a text as YAML, in words that tell the cure. */
export function yamlProblems(document: Document.Parsed, text: string, lines: LineCounter): ConfigProblem[] {
	const problems: (ConfigProblem & { line: number })[] = [];
	const nested = document.errors.filter(({ code }) => code === 'BLOCK_AS_IMPLICIT_KEY').map(({ pos }) => pos[0]);
	for (const error of [...document.errors, ...document.warnings]) {
		// The same told by its other side.
		if (error.code === 'MULTILINE_IMPLICIT_KEY' && nested.includes(error.pos[0])) continue;
		const { offset, message, path = [] } = findingOf(error, document, text, lines);
		const { line, col } = lines.linePos(offset);
		// One mistake leads to several complaints about its line.
		if (problems.some((other) => other.line === line)) continue;
		problems.push({ line: Math.max(1, line), column: Math.max(1, col), path, message });
	}
	return problems;
}

/** Where an alias (`*name`) stands whose name is nowhere; undefined when there is none. */
export function strayAlias(document: Document.Parsed): number | undefined {
	const anchors = new Set<string>();
	let stray: number | undefined;
	visit(document, {
		Node(_, { anchor }: { anchor?: string }) {
			if (anchor !== undefined) anchors.add(anchor);
		},
		Alias(_, { source, range }) {
			if (anchors.has(source)) return undefined;
			stray = range?.[0] ?? 0;
			return visit.BREAK;
		},
	});
	return stray;
}

function findingOf(error: YAMLError, document: Document.Parsed, text: string, lines: LineCounter): Finding {
	const [from] = error.pos;
	if (error.code === 'DUPLICATE_KEY') return twice(document, from, lines) ?? { message: 'a key twice', offset: from };
	if (error.code === 'BAD_SCALAR_START') {
		return { message: `text that begins with ${text.charAt(from)} stands in quotes`, offset: from };
	}
	if (error.code === 'BLOCK_AS_IMPLICIT_KEY') {
		const end = document.errors.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === from)?.pos[1];
		if (end !== undefined) return { message: TOO_FAR, offset: nextLetter(text, text.lastIndexOf('\n', end - 1)) };
	}
	const row = SENTENCES.find(([code, words]) => code === error.code && error.message.startsWith(words));
	const message = row?.[2] ?? redact(error.message);
	if (message === COLUMN) return { message, offset: nextLetter(text, from) };
	return { message, offset: error.message.startsWith('Missing closing') ? openQuote(document, from) : from };
}

function twice(document: Document.Parsed, from: number, lines: LineCounter): Finding | undefined {
	let found: Finding | undefined;
	visit(document, {
		Map(_, map, ancestors) {
			const pair = map.items.find(({ key }) => isScalar(key) && key.range?.[0] === from);
			if (!pair) return undefined;
			const name = nameOf(pair);
			const first = map.items.find((other) => nameOf(other) === name)?.key;
			const line = lines.linePos((isScalar(first) && first.range?.[0]) || 0).line;
			const above = [...ancestors, map].flatMap((node) => (isPair(node) ? [nameOf(node)] : []));
			found = { offset: from, ...duplicate(above, name, line) };
			return visit.BREAK;
		},
	});
	return found;
}

function duplicate(above: readonly string[], name: string, line: number): Omit<Finding, 'offset'> {
	const twice = `stands here twice, first in line ${line}`;
	if (above.at(-1) === SECRET_KEYS) return { path: above, message: `a key ${twice}; keep one of them` };
	const cure =
		above.length === 0 && name === 'streams' ? 'put the cameras under that one' : 'keep one, with all that is under it';
	return { path: [...above, name], message: `${twice}; ${cure}` };
}

function nameOf({ key }: Pair): string {
	return isScalar(key) ? String(key.value) : '';
}

/** Where the text in quotes begins that goes on to `end`. */
function openQuote(document: Document.Parsed, end: number): number {
	let begin = end;
	visit(document, {
		Scalar(_, { type, range }) {
			if (type?.startsWith('QUOTE') && range && range[0] < end && range[1] >= end) begin = range[0];
		},
	});
	return begin;
}

/** Past blanks, line ends and comments. */
function nextLetter(text: string, offset: number): number {
	return offset + (/^(?:\s|#.*)*/.exec(text.slice(offset))?.[0].length ?? 0);
}
