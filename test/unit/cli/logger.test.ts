import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/base/errors.ts';
import { createLogger } from '../../../src/cli/logger.ts';

type Format = 'auto' | 'pretty' | 'json';

function log(format: Format, isTTY = false, level: 'debug' | 'info' = 'info') {
	const lines: string[] = [];
	const logger = createLogger({ level, format }, { isTTY, write: (line) => lines.push(line) });
	return { logger, lines };
}

describe('a JSON log', () => {
	it('has one object a line, with the facts of its parents', () => {
		const { logger, lines } = log('json');
		logger.child({ stream: 'a' }).warn({ attempt: 2 }, 'again');
		logger.debug({}, 'left out');
		expect(lines).toHaveLength(1);
		const { time, ...rest } = JSON.parse(lines[0] ?? '');
		expect(rest).toEqual({ level: 'warn', stream: 'a', attempt: 2, msg: 'again' });
		expect(new Date(time).getTime()).toBeGreaterThan(0);
	});

	it('names no fact twice: the nearest one counts', () => {
		const { logger, lines } = log('json');
		logger.child({ node: 'main', part: 'cluster' }).child({ part: 'life' }).info({ node: 'sub' }, 'drained');
		expect(lines[0]?.match(/"(?:node|part)":"\w+"/g)).toEqual(['"node":"sub"', '"part":"life"']);
	});

	it('shows errors with their causes, and a stack for those nobody expected', () => {
		const { logger, lines } = log('json');
		const cause = Object.assign(new Error('inner'), { code: 'ECONNREFUSED' });
		logger.error({ error: new SourceError('camera_refused', 'no', { cause }) }, 'failed');
		const { error } = JSON.parse(lines[0] ?? '');
		expect(error).toMatchObject({ code: 'camera_refused', message: 'no', cause: { code: 'ECONNREFUSED' } });
		expect(error).not.toHaveProperty('stack');
		expect(error.cause.stack).toContain('logger.test.ts');
	});

	it('survives whatever it is given', () => {
		const { logger, lines } = log('json');
		const circular: Record<string, unknown> = { big: 1n, bytes: new Uint8Array(9), url: new URL('rtsp://a:b@c/') };
		circular.self = circular;
		logger.info(circular, 'odd');
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({ big: '1', bytes: '9 bytes', url: 'rtsp://***@c/' });
	});
});

describe.each<Format>(['json', 'pretty'])('a %s log', (format) => {
	it('never shows a secret', () => {
		const { logger, lines } = log(format, false, 'debug');
		const url = 'rtsp://admin:CANARY@camera/x?token=CANARY';
		const error = new Error(`cannot open ${url}`, { cause: new Error(`Authorization: Basic CANARY`) });
		logger.debug({ url, list: [url], inner: { password: 'CANARY', deep: url }, error }, `opening ${url}`);
		logger.child({ url, credentials: { username: 'CANARY' } }).error({ error }, 'failed');
		expect(lines.length).toBeGreaterThan(0);
		expect(lines.join('')).toContain('camera');
		expect(lines.join('')).not.toContain('CANARY');
	});
});

describe('the format auto', () => {
	it('is pretty on a terminal and JSON elsewhere', () => {
		const terminal = log('auto', true);
		terminal.logger.info({ stream: 'a' }, 'hello');
		expect(terminal.lines.join('')).toMatch(/INFO.*hello/);
		const file = log('auto', false);
		file.logger.info({}, 'hello');
		expect(JSON.parse(file.lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'hello' });
	});
});
