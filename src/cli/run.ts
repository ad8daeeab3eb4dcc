import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Environment } from '../config/environment.ts';
import { configFile, loadConfig, overrideConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { StreamSettings } from '../config/stream.ts';
import type { Gateway, GatewayOptions } from '../gateway.ts';
import type { Source } from '../stream/source.ts';
import { type Interfaces, lanUrls } from './addresses.ts';
import type { Command } from './arguments.ts';
import { EXIT } from './exit-code.ts';
import { createLogger, type LogOutput } from './logger.ts';
import { explainStartFailure } from './start-failure.ts';
import { type ProcessEvents, stopRequest } from './stop-request.ts';

/** What the commands need of the process. */
export type Surroundings = {
	env: Environment;
	stdout: LogOutput;
	stderr: LogOutput;
	events: ProcessEvents;
	clock: Clock;
	interfaces(): Interfaces;
	version(): string;
	startGateway(config: Config, options: GatewayOptions): Promise<Gateway>;
	/** A camera to look at. */
	openCamera(camera: StreamSettings): Promise<Source>;
};

const CLOSE_DEADLINE_MS = 10_000;

/** Runs the gateway until it is told to stop. @returns the exit code */
export async function run(command: Extract<Command, { name: 'run' }>, around: Surroundings): Promise<number> {
	const { stdout, stderr, clock } = around;
	const file = configFile(command.config);
	const loaded = await readConfig(file, around);
	if (!loaded) return EXIT.usage;
	const config = overrideConfig(loaded, command);
	const logger = createLogger(config.log, stderr);
	logger.info({ config: file ?? 'defaults', streams: Object.keys(config.streams).length }, 'starting');
	const stop = stopRequest(around.events);

	let gateway: Gateway;
	try {
		gateway = await around.startGateway(config, { logger, clock, version: around.version() });
	} catch (failure) {
		stderr.write(`dualcast: ${explainStartFailure(failure, config)}\n`);
		return EXIT.failure;
	}
	stdout.write(`Dualcast is ready: ${gateway.url}\n`);
	if (gateway.secureUrl !== undefined) stdout.write(`  over TLS: ${gateway.secureUrl}\n`);
	for (const url of lanUrls(config.server.host, gateway.httpPort, around.interfaces())) {
		stdout.write(`  from other machines: ${url}\n`);
	}

	const { reason, error, exitCode } = await stop;
	if (error === undefined) logger.info({ reason }, 'stopping');
	else logger.error({ reason, error }, 'stopping');
	return (await closeInTime(gateway, clock, logger)) ? exitCode : EXIT.failure;
}

/** Loads the configuration, or says what is wrong with it. */
export async function readConfig(
	file: string | undefined,
	{ env, stderr }: Pick<Surroundings, 'env' | 'stderr'>,
): Promise<Config | undefined> {
	try {
		return await loadConfig(file, env);
	} catch (failure) {
		if (!(failure instanceof ConfigError)) throw failure;
		stderr.write(`${failure.message}\n`);
		return undefined;
	}
}

async function closeInTime(gateway: Gateway, clock: Clock, logger: Logger): Promise<boolean> {
	const closed = gateway.close().then(
		() => true,
		(error: unknown) => {
			logger.error({ error }, 'stopped, not cleanly');
			return false;
		},
	);
	const late = new Promise<boolean>((resolve) => {
		clock.after(CLOSE_DEADLINE_MS, () => {
			logger.error({}, `not everything was closed within ${CLOSE_DEADLINE_MS / 1000} s`);
			resolve(false);
		});
	});
	return Promise.race([closed, late]);
}
