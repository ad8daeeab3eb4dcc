import { stringify } from 'yaml';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';

const WIDTH = 110;
/** So that a variable's value stays text, whatever it looks like. */
const QUOTED = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const;

const INTRODUCTION = `# yaml-language-server: $schema=config.schema.json

# Configuration of Dualcast. Each key stands here with its default, which it also has when it is left out.
# A duration is written as 500ms, 5s, 1m or 1h, or as a number of seconds.
# \${NAME} and \${NAME:-default} are replaced from the environment; quotes around keep the value text.
# "dualcast config check configs/config.yaml" tells what is wrong with this file.
`;

/** The text of `configs/config.yaml`: every key with its documentation and default, as the schema has them. */
export function renderConfigReference(): string {
	const { properties = {} } = configJsonSchema();
	return [INTRODUCTION, ...Object.entries(properties).map(([name, schema]) => renderSection(name, schema))].join('\n');
}

function renderSection(name: string, schema: JsonSchema): string {
	const lines = comment(documentation(schema), '# ');
	if (schema.properties) {
		lines.push(`${name}:`);
		lines.push(...settings(schema.properties, '  '));
	} else {
		for (const [key, setting] of Object.entries(settingsByName(schema))) {
			lines.push(...comment([`${key}:`, ...documentation(setting)], '#   '));
		}
		lines.push(`${name}:`, ...indented(stringify(schema.default), '  '));
		for (const example of schema.examples ?? []) lines.push(...indented(stringify(example, QUOTED), '  #'));
	}
	return `${lines.join('\n')}\n`;
}

function settings(properties: Readonly<Record<string, JsonSchema>>, indent: string): string[] {
	return Object.entries(properties).flatMap(([key, setting]) => {
		const words = comment(documentation(setting), `${indent}# `);
		return setting.properties
			? [...words, `${indent}${key}:`, ...settings(setting.properties, `${indent}  `)]
			: [...words, `${indent}${key}: ${inline(setting.default)}`];
	});
}

/** Words; the default is one of them, so that it stays on one line. */
function documentation({ description = '', default: value, properties, additionalProperties }: JsonSchema): string[] {
	const words = description.split(' ');
	const isGroup = properties !== undefined || additionalProperties !== undefined;
	return value === undefined || isGroup ? words : [...words, `Default: ${inline(value)}.`];
}

/** The settings in the long form of what stands under each free name of a map. */
function settingsByName({ additionalProperties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
	const forms = additionalProperties ? (additionalProperties.anyOf ?? []) : [];
	return forms.find(({ properties }) => properties)?.properties ?? {};
}

function inline(value: unknown): string {
	return stringify(value, { flowCollectionPadding: false, collectionStyle: 'flow' }).trim();
}

function indented(yaml: string, prefix: string): string[] {
	return yaml
		.trimEnd()
		.split('\n')
		.map((line) => prefix + line);
}

/** Words in lines, each begun by `prefix`. */
function comment(words: readonly string[], prefix: string): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of words) {
		if (line && prefix.length + line.length + 1 + word.length > WIDTH) {
			lines.push(prefix + line);
			line = '';
		}
		line += line ? ` ${word}` : word;
	}
	return [...lines, prefix + line];
}
