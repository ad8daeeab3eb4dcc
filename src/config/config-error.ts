/** Under these the keys are secrets. */
export const SECRET_KEYS = 'class_codes';

/** One thing wrong with a configuration. */
export type ConfigProblem = {
	/** Counted from 1; absent where there is no place in the file to point at. */
	readonly line?: number;
	readonly column?: number;
	/** The keys that lead to it: `['hls', 'segment_count']`; in a `ConfigError` without what could be a secret. */
	readonly path: readonly string[];
	/** What is wrong and the cure, without any value that could be a secret. */
	readonly message: string;
};

/** A configuration that cannot be used, with everything that is wrong with it, one line each in the message. */
export class ConfigError extends Error {
	readonly file: string;
	readonly problems: readonly ConfigProblem[];

	constructor(file: string, problems: readonly ConfigProblem[]) {
		const shown = problems.map((problem) => ({ ...problem, path: problem.path.map(shownKey) }));
		super(shown.map((problem) => formatProblem(file, problem)).join('\n'));
		this.name = 'ConfigError';
		this.file = file;
		this.problems = shown;
	}
}

/** A class code is a key, and so is `password:secret` between braces. */
function shownKey(key: string, index: number, path: readonly string[]): string {
	if (path[index - 1] === SECRET_KEYS) return `${key.slice(0, 2)}…`;
	return key.replace(/[:=].*/s, (end) => `${end.charAt(0)}…`);
}

/** `configs/config.yaml:12:9: hls.segment_count: expected …` */
function formatProblem(file: string, { line, column, path, message }: ConfigProblem): string {
	const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
	return path.length === 0 ? `${place}: ${message}` : `${place}: ${path.join('.')}: ${message}`;
}
