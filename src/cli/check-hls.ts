import type { CheckReport } from '../check/check.ts';
import { NotHlsError } from '../check/not-hls-error.ts';
import type { Progress } from '../check/recorder.ts';
import type { Command } from './arguments.ts';
import { checkTable } from './check-table.ts';
import { EXIT } from './exit-code.ts';
import type { Surroundings } from './run.ts';
import { stopRequest } from './stop-request.ts';

const CLEAR_LINE = '\r\x1b[K';
const DEFAULT_COLUMNS = 100;

/** Follows an HLS playlist as a strict client and says which rules it keeps. @returns the exit code */
export async function checkHls(
	{ url, seconds, json }: Extract<Command, { name: 'check-hls' }>,
	around: Pick<Surroundings, 'env' | 'stdout' | 'stderr' | 'events' | 'clock'>,
): Promise<number> {
	const { stdout, stderr, clock, env } = around;
	const { check } = await import('../check/check.ts');
	const abort = new AbortController();
	// What was seen until then is judged.
	void stopRequest(around.events).then(() => abort.abort());
	const onProgress = (progress: Progress) => {
		if (stderr.isTTY) stderr.write(`${CLEAR_LINE}${progressLine(progress, seconds)}`);
	};
	let report: CheckReport;
	try {
		if (stderr.isTTY) stderr.write('waiting for the playlist');
		report = await check({ url, seconds, clock, signal: abort.signal, onProgress });
	} catch (failure) {
		if (stderr.isTTY) stderr.write(CLEAR_LINE);
		if (!(failure instanceof NotHlsError)) throw failure;
		if (json) stdout.write(`${JSON.stringify({ error: { message: failure.message } }, null, 2)}\n`);
		stderr.write(`dualcast: there is no playlist to check: ${failure.message}\n`);
		return EXIT.usage;
	}
	if (stderr.isTTY) stderr.write(CLEAR_LINE);
	const style = { color: (stdout.isTTY ?? false) && !env.NO_COLOR, columns: stdout.columns ?? DEFAULT_COLUMNS };
	stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : checkTable(report, style));
	return report.broken > 0 ? EXIT.failure : EXIT.ok;
}

function progressLine({ elapsed, reloads, files, bytes }: Progress, seconds: number): string {
	const time = `${Math.floor(elapsed / 1000)} of ${seconds} s`;
	return `${time}: ${reloads} playlists, ${files} files, ${(bytes / 1e6).toFixed(1)} MB`;
}
