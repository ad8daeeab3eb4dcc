import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../base/clock.ts';

/** How busy the process is. */
export interface LoadMeter {
	/** Since the call before: CPU as a share of one core, delay of the event loop in milliseconds (99th percentile). */
	read(): { readonly cpu: number; readonly eventLoopDelay: number };
	close(): void;
}

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e6;

export function startLoadMeter(clock: Clock): LoadMeter {
	const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delays.enable();
	let usage = process.cpuUsage();
	let at = clock.now();
	return {
		read() {
			const { user, system } = process.cpuUsage(usage);
			const elapsed = clock.now() - at;
			usage = process.cpuUsage();
			at = clock.now();
			const cpu = elapsed > 0 ? (user + system) / 1000 / elapsed : 0;
			const late = delays.percentile(99) / NANOSECONDS - RESOLUTION_MS;
			delays.reset();
			return { cpu: hundredths(cpu), eventLoopDelay: hundredths(late > 0 ? late : 0) };
		},
		close: () => void delays.disable(),
	};
}

function hundredths(value: number): number {
	return Math.round(value * 100) / 100;
}
