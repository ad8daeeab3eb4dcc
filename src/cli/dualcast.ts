import { type Command, HELP, parseArguments, UsageError } from './arguments.ts';
import { check } from './check.ts';
import { checkHls } from './check-hls.ts';
import { EXIT } from './exit-code.ts';
import { probe } from './probe.ts';
import { run, type Surroundings } from './run.ts';

/** The command `dualcast`. @returns the exit code */
export async function dualcast(args: readonly string[], around: Surroundings): Promise<number> {
	let command: Command;
	try {
		command = parseArguments(args);
	} catch (failure) {
		if (!(failure instanceof UsageError)) throw failure;
		around.stderr.write(`dualcast: ${failure.message}\n`);
		return EXIT.usage;
	}
	switch (command.name) {
		case 'help':
			around.stdout.write(HELP);
			return EXIT.ok;
		case 'version':
			around.stdout.write(`${around.version()}\n`);
			return EXIT.ok;
		case 'check':
			return check(command, around);
		case 'check-hls':
			return checkHls(command, around);
		case 'probe':
			return probe(command, around);
		case 'run':
			return run(command, around);
	}
}
