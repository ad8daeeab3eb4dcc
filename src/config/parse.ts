import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * Reads a configuration.
 *
 * @param file its name, for messages
 * @throws ConfigError with everything that is wrong, each with line, column, path and cure
 */
export function parseConfig(text: string, file: string, env: Environment): Config {
	const document = readDocument(text, env);
	if (document.problems.length > 0) throw new ConfigError(file, document.problems);
	const result = configSchema.safeParse(document.value);
	if (result.success) return deepFreeze(result.data);
	throw new ConfigError(file, problemsOf(result.error.issues, document));
}

function problemsOf(issues: readonly z.core.$ZodIssue[], document: ConfigDocument): ConfigProblem[] {
	return issues.flatMap((issue) => problemsOfIssue(issue, issue.path, document));
}

function problemsOfIssue(
	issue: z.core.$ZodIssue,
	path: readonly PropertyKey[],
	document: ConfigDocument,
): ConfigProblem[] {
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map((key) => atKey([...path, key], `unknown key; ${issue.message}`));
	}
	if (issue.code === 'invalid_key') {
		return issue.issues.map((inner) => atKey(path, inner.message));
	}
	if (issue.code === 'invalid_union') {
		// The alternative of the right type says best what is wrong inside.
		const close = issue.errors.find((inner) =>
			inner.every(({ path, code }) => path.length > 0 || code !== 'invalid_type'),
		);
		if (close) return close.flatMap((inner) => problemsOfIssue(inner, [...path, ...inner.path], document));
	}
	return [{ ...document.place(path), path: path.map(String), message: issue.message }];

	function atKey(keys: readonly PropertyKey[], message: string): ConfigProblem {
		return { ...document.placeOfKey(keys), path: keys.map(String), message };
	}
}
