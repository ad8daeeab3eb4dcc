import type { z } from 'zod';
import { DualcastError } from '../base/errors.ts';

/** Which field, and what is wrong with it; an empty name is the whole. */
type Fault = readonly [field: string, sentence: string];

const MAX_FAULTS = 5;
const MAX_NAME_CHARACTERS = 64;
/** What somebody may have meant as the name of a field; other text is not repeated. */
const NAME = /^[a-z][a-z0-9_]{0,31}$/i;

/** @throws DualcastError `request_invalid` naming each field that is wrong and no value, which may be a password */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
	const { success, data, error } = schema.safeParse(value);
	if (success) return data;
	const faults = error.issues.flatMap((issue) => faultsOf(issue)).slice(0, MAX_FAULTS);
	// Of one field the first complaint is the one that leads on.
	const first = faults.filter(([field], at) => faults.findIndex(([other]) => other === field) === at);
	const detail = first.map(([field, sentence]) => (field === '' ? sentence : `${field}: ${sentence}`)).join('; ');
	throw new DualcastError('request_invalid', detail, { facts: { field: first[0]?.[0] ?? '' } });
}

function faultsOf(issue: z.core.$ZodIssue, path: readonly PropertyKey[] = issue.path): readonly Fault[] {
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map((key) =>
			NAME.test(key)
				? [nameOf([...path, key]), `is unknown; ${issue.message}`]
				: [nameOf(path), `a field is unknown; ${issue.message}`],
		);
	}
	if (issue.code === 'invalid_union') {
		// An address or settings: the complaints about what was meant help. Where both can be meant, the words for both.
		const close = issue.errors.filter((inner) => inner.every((each) => each.path.length > 0 || !isOtherType(each)));
		const [meant, ...others] = close;
		if (meant && others.length === 0) return meant.flatMap((inner) => faultsOf(inner, [...path, ...inner.path]));
	}
	return [[nameOf(path), issue.message]];
}

function isOtherType({ code }: z.core.$ZodIssue): boolean {
	return code === 'invalid_type';
}

function nameOf(path: readonly PropertyKey[]): string {
	return path.map(String).join('.').slice(0, MAX_NAME_CHARACTERS);
}
