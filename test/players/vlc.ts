import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

/** How a stream played in VLC. */
export type VlcReport = {
	/** Error messages, and warnings of lost or broken data. */
	readonly faults: readonly string[];
	/** Enough was there to start. */
	readonly buffered: boolean;
	/** A picture was shown. */
	readonly seen: boolean;
};

/**
 * What VLC says about itself and not about the stream: at the live edge it looks for its own best delay, and its
 * decoders may be up before its clock is.
 */
const ITS_OWN = /pts_delay increased|no reference clock|Could not convert timestamp 0 /;
const FAULT =
	/^.* (demux|decoder|input|stream|access) error: .*$|^.*(discontinuity.*continuity|packets? lost|cannot (open|demux|decode)).*$/gim;

/** Plays `seconds` of a stream with VLC, without screen and sound. */
export async function playInVlc(url: string, seconds: number): Promise<VlcReport> {
	const outputs = '--intf dummy --vout dummy --aout dummy --no-color --verbose 2';
	const vlc = `cvlc ${outputs} --play-and-exit --run-time ${seconds} ${url} vlc://quit`;
	// VLC refuses to run as root.
	const [command, ...args] = (userInfo().uid === 0 ? `runuser -u nobody -- ${vlc}` : vlc).split(' ');
	const options = { timeout: 90_000, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, HOME: '/tmp' } };
	const { stderr } = await promisify(execFile)(command as string, args, options);
	const faults = (stderr.match(FAULT) ?? []).filter((line) => !ITS_OWN.test(line));
	return {
		faults,
		buffered: /Stream buffering done/.test(stderr),
		seen: /Received first picture/.test(stderr),
	};
}
