import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { neededNode, nodeComplaint } from '../../../src/cli/node-version.ts';

test.each(['20.19.0', '20.20.1', '22.0.0', '24.1.0-nightly'])('Node.js %s will do', (running) => {
	expect(nodeComplaint(running, '>=20.19')).toBeUndefined();
});

test.each(['20.18.3', '18.20.4', '9.0.0'])('Node.js %s is too old', (running) => {
	expect(nodeComplaint(running, '>=20.19')).toBe(`dualcast needs Node.js 20.19 or newer; this is ${running}`);
});

test('what is needed stands in package.json, and is what the README and the lock file say', () => {
	expect(neededNode()).toMatch(/^>=\d+\.\d+$/);
	expect(readFileSync('README.md', 'utf8')).toContain(`Node.js ${neededNode().slice(2)} or newer`);
	const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: { '': { engines: object } } };
	expect(lock.packages[''].engines).toEqual({ node: neededNode() });
});

test('the program looks at it before anything else', () => {
	expect(/^import .*$/m.exec(readFileSync('src/main.ts', 'utf8'))?.[0]).toBe("import './cli/node-gate.ts';");
});
