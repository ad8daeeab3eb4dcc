import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The part of JSON Schema that the configuration's own schema uses. */
export type JsonSchema = {
	readonly description?: string;
	readonly default?: unknown;
	readonly examples?: readonly unknown[];
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	/** Of a map with free names: what stands under each name. */
	readonly additionalProperties?: false | JsonSchema;
	readonly anyOf?: readonly JsonSchema[];
};

const VARIABLE = '\\$\\{';

/** The configuration file's JSON Schema (draft 2020-12), for editors. */
export function configJsonSchema(): JsonSchema {
	return z.toJSONSchema(configSchema, {
		io: 'input',
		reused: 'inline',
		override({ zodSchema, jsonSchema, path }) {
			if (path.at(-1) !== 'propertyNames') letVariablesIn(jsonSchema);
			// Zod leaves out the examples of whatever is transformed, taking them for examples of the result.
			const examples = z.globalRegistry.get(zodSchema)?.examples;
			if (Array.isArray(examples)) jsonSchema.examples = examples;
		},
	}) as JsonSchema;
}

/** `${NAME}` may stand in place of any value: limits of numbers say nothing of text, and a pattern nothing of numbers. */
function letVariablesIn(schema: z.core.JSONSchema.BaseSchema): void {
	const { type, enum: words, pattern, minLength = 0 } = schema;
	// Zod asks about some twice.
	if (pattern?.endsWith(VARIABLE)) return;
	if (type === 'integer' || type === 'boolean') {
		Object.assign(schema, { type: [type, 'string'], pattern: VARIABLE });
	} else if (words) {
		delete schema.enum;
		schema.anyOf = [{ enum: words }, { pattern: VARIABLE }];
	} else if (type === 'string' && (pattern !== undefined || minLength > 1)) {
		schema.pattern = `(?:${pattern ?? `^[\\s\\S]{${minLength},}$`})|${VARIABLE}`;
		delete schema.minLength;
	}
}
