import { DEFAULT_CONFIG_FILE } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Command } from './arguments.ts';
import { EXIT } from './exit-code.ts';
import { namedFileProblems } from './named-files.ts';
import { readConfig, type Surroundings } from './run.ts';

/** Says whether a configuration can be used, with the files and the folder that it names. @returns the exit code */
export async function check(
	{ config: file = DEFAULT_CONFIG_FILE }: Extract<Command, { name: 'check' }>,
	around: Pick<Surroundings, 'env' | 'stdout' | 'stderr'>,
): Promise<number> {
	const config = await readConfig(file, around);
	if (!config) return EXIT.usage;
	const problems = await namedFileProblems(config);
	if (problems.length > 0) {
		around.stderr.write(problems.map((problem) => `${file}: ${problem}\n`).join(''));
		return EXIT.usage;
	}
	around.stdout.write(`${file} is good: ${summary(config)}\n`);
	return EXIT.ok;
}

function summary({ server, hls, webrtc, streams }: Config): string {
	const count = Object.keys(streams).length;
	return [
		`${count} ${count === 1 ? 'stream' : 'streams'}`,
		`HTTP on ${server.host}:${server.port}`,
		`HLS ${hls.enabled ? 'on' : 'off'}`,
		`WebRTC ${webrtc.enabled ? `on (UDP port ${webrtc.udp_port})` : 'off'}`,
	].join(', ');
}
