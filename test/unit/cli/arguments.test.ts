import { describe, expect, it } from 'vitest';
import { HELP, parseArguments, UsageError } from '../../../src/cli/arguments.ts';

const RUN = { name: 'run', config: undefined, port: undefined, logLevel: undefined };

describe('parseArguments', () => {
	it.each([
		[[], RUN],
		[['--config', 'a.yaml'], { ...RUN, config: 'a.yaml' }],
		[['-c', 'a.yaml', '-p', '0', '-l', 'debug'], { ...RUN, config: 'a.yaml', port: 0, logLevel: 'debug' }],
		[['--port=65535', '--log-level=warn'], { ...RUN, port: 65_535, logLevel: 'warn' }],
		[['--version'], { name: 'version' }],
		[['--help', '--version'], { name: 'help' }],
		[['config', 'check', 'a.yaml'], { name: 'check', config: 'a.yaml' }],
		[['config', 'check'], { name: 'check', config: undefined }],
		[['config', 'check', '-c', 'a.yaml'], { name: 'check', config: 'a.yaml' }],
		[['check', 'http://a/b.m3u8'], { name: 'check-hls', url: 'http://a/b.m3u8', seconds: 30, json: false }],
		[['check', 'u', '--seconds', '5', '--json'], { name: 'check-hls', url: 'u', seconds: 5, json: true }],
	])('reads %j', (args, command) => {
		expect(parseArguments(args)).toEqual(command);
	});

	it.each([
		[['--prot', '1'], /Unknown option '--prot'; see dualcast --help$/],
		[['--port'], /^Option .*--port.*argument missing; see/],
		[['--port', '65536'], /^--port takes a number from 0 to 65535/],
		[['--port', '80x'], /^--port takes/],
		[['--port', ''], /^--port takes/],
		[['--log-level', 'loud'], /^--log-level takes one of debug, info, warn, error$/],
		[['start'], /^there is no command "start"/],
		[['config'], /^write dualcast config check/],
		[['config', 'chek'], /^write dualcast config check/],
		[['config', 'check', 'a', 'b'], /^there is no command/],
		[['check'], /^write dualcast check URL/],
		[['probe', 'http://camera/live'], /begins with rtsp:\/\/, rtsps:\/\/ or rtspx:\/\/$/],
		[['probe', 'demo'], /begins with rtsp:\/\/, rtsps:\/\/ or rtspx:\/\/$/],
		[['check', 'a', '--seconds', '0'], /^--seconds takes a whole number from 1 to 86400$/],
		[['--port', '-1'], /^--port needs a value; see dualcast --help$/],
		[['-p', '-1'], /^-p needs a value; see/],
		[['--config', '--port', '3'], /^--config needs a value; see/],
		[['--json'], /^--json belongs to dualcast probe and dualcast check; see dualcast --help$/],
		[['--seconds', '5'], /^--seconds belongs to dualcast check; see/],
		[['probe', 'rtsp://a', '--seconds', '5'], /^--seconds belongs to dualcast check; see/],
		[['probe', 'rtsp://a', '-p', '5'], /^--port belongs to dualcast; see/],
		[['check', 'a', '--transport', 'udp'], /^--transport belongs to dualcast probe; see/],
		[['config', 'check', 'a', '--port', '5'], /^--port belongs to dualcast; see/],
		[['config', 'check', 'a', '-c', 'b'], /^write dualcast config check \[FILE\], with one file/],
	])('refuses %j', (args, message) => {
		expect(() => parseArguments(args)).toThrow(UsageError);
		expect(() => parseArguments(args)).toThrow(message);
	});
});

it('the help names every option', () => {
	for (const option of ['--config', '--port', '--log-level', '--version', '--help', '--seconds', 'config check']) {
		expect(HELP).toContain(option);
	}
});
