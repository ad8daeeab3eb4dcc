import { readFileSync } from 'node:fs';

/** Why this Node.js cannot run the gateway; undefined when it can. */
export function nodeComplaint(running: string, needed: string): string | undefined {
	const [major = 0, minor = 0] = numbers(running);
	const [leastMajor = 0, leastMinor = 0] = numbers(needed);
	if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
	return `dualcast needs Node.js ${leastMajor}.${leastMinor} or newer; this is ${running}`;
}

/** `engines.node` in `package.json`, as `>=20.19`. */
export function neededNode(): string {
	const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
	return (JSON.parse(text) as { engines: { node: string } }).engines.node;
}

function numbers(version: string): number[] {
	return version.replace(/^\D+/, '').split('.').map(Number);
}
