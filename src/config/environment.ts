/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}|$)/g;
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` and `${NAME:-default}` (the default also stands in for an empty variable); `$${` stands for
 * the characters `${`. What comes from the environment is not expanded again.
 *
 * @param onProblem is told of a variable that is not set and of a reference that cannot be read
 */
export function expandEnvironment(text: string, env: Environment, onProblem: (message: string) => void): string {
	return text.replace(REFERENCE, (whole, reference: string | undefined, end: string) => {
		if (reference === undefined) return '${';
		const parts = NAME_AND_DEFAULT.exec(reference);
		const name = parts?.[1];
		if (name === undefined || end === '') {
			// biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax is what the sentence is about
			onProblem('not a reference to a variable; write ${NAME} or ${NAME:-default}, and $${ for the characters ${');
			return whole;
		}
		const value = Object.hasOwn(env, name) ? env[name] : undefined;
		const fallback = parts?.[2];
		if (fallback !== undefined) return value || fallback;
		if (value === undefined) {
			onProblem(`the environment variable ${name} is not set; set it, or give a default: \${${name}:-default}`);
		}
		return value ?? '';
	});
}
