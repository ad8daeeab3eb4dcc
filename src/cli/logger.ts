import { Writable } from 'node:stream';
import { type Logger as Pino, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogFacts, Logger } from '../base/logger.ts';
import { redact } from '../base/redact.ts';
import type { Config } from '../config/schema.ts';
import { cleanFacts } from './clean-facts.ts';

/** Where log lines go. */
export type LogOutput = { write(line: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

/** A logger that writes to `output` at once; secrets are taken out of every line. */
export function createLogger(settings: Config['log'], output: LogOutput): Logger {
	const isTTY = output.isTTY ?? false;
	const isPretty = settings.format === 'pretty' || (settings.format === 'auto' && isTTY);
	const write = { write: (line: string) => void output.write(line) };
	const options = { level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
	if (!isPretty) return adapt(pino({ ...options, formatters: { level: (level) => ({ level }) } }, write));
	const lines = new Writable({
		write(line: Buffer, _encoding, done) {
			output.write(line.toString());
			done();
		},
	});
	return adapt(pino(options, pretty({ colorize: isTTY, translateTime: 'SYS:HH:MM:ss.l', destination: lines })));
}

/** @param bound facts of every line; pino itself would write one that is given again twice */
function adapt(target: Pino, bound: LogFacts = {}): Logger {
	const at = (level: 'debug' | 'info' | 'warn' | 'error') => (facts: LogFacts, message: string) => {
		if (target.isLevelEnabled(level)) target[level]({ ...bound, ...cleanFacts(facts) }, redact(message));
	};
	return {
		debug: at('debug'),
		info: at('info'),
		warn: at('warn'),
		error: at('error'),
		child: (facts) => adapt(target, { ...bound, ...cleanFacts(facts) }),
	};
}
