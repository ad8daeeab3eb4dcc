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

/** The configuration file's JSON Schema (draft 2020-12), for editors. */
export function configJsonSchema(): JsonSchema {
	return z.toJSONSchema(configSchema, {
		io: 'input',
		reused: 'inline',
		override({ zodSchema, jsonSchema }) {
			// Zod leaves out the examples of whatever is transformed, taking them for examples of the result.
			const examples = z.globalRegistry.get(zodSchema)?.examples;
			if (Array.isArray(examples)) jsonSchema.examples = examples;
		},
	}) as JsonSchema;
}
