import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';

/** How a stream played in VLC. */
export type VlcReport = {
	/** Error messages, and warnings of lost or broken data. */
	readonly faults: readonly string[];
	/** By its own statistics. */
	readonly corrupted: number;
	readonly discontinuities: number;
	readonly pictures: { readonly shown: number; readonly lost: number };
	readonly sounds: { readonly played: number; readonly lost: number };
};

/**
 * What VLC says about itself and not about the stream: at the live edge it looks for its own best delay, and its
 * decoders may be up before its clock is.
 */
const ITS_OWN = /pts_delay increased|no reference clock|Could not convert timestamp 0 /;
const FAULT =
	/^.* (demux|decoder|input|stream|access) error: .*$|^.*(discontinuity.*continuity|packets? lost|cannot (open|demux|decode)).*$/gim;
const DEADLINE_MS = 90_000;
const PERIOD_MS = 250;
/** Pictures that are late because the machine is say nothing about the stream: they are to be shown as well. */
const NONE_DROPPED = '--no-drop-late-frames --no-skip-frames';

/** Plays a stream with VLC, without screen and sound, until it showed `pictures`, or played `sounds` pieces of sound. */
export async function playInVlc(
	url: string,
	wanted: { readonly pictures: number } | { readonly sounds: number },
): Promise<VlcReport> {
	const outputs = '--intf dummy --extraintf rc --vout dummy --aout dummy --no-color --verbose 2';
	const vlc = `cvlc ${outputs} ${NONE_DROPPED} ${url}`;
	// VLC refuses to run as root.
	const [command = '', ...args] = (userInfo().uid === 0 ? `runuser -u nobody -- ${vlc}` : vlc).split(' ');
	const child = spawn(command, args, { env: { ...process.env, HOME: '/tmp' } });
	let [told, said] = ['', ''];
	child.stdout.on('data', (text) => (told += text));
	child.stderr.on('data', (text) => (said += text));
	child.stdin.on('error', () => {});
	const exited = new Promise<void>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', () => resolve());
	});
	const deadline = setTimeout(() => child.kill('SIGTERM'), DEADLINE_MS);
	const asking = setInterval(() => {
		const { pictures, sounds } = statisticsIn(told);
		const enough = 'pictures' in wanted ? pictures.shown >= wanted.pictures : sounds.played >= wanted.sounds;
		child.stdin.write(enough ? 'quit\n' : 'stats\n');
	}, PERIOD_MS);
	try {
		await exited;
	} finally {
		clearTimeout(deadline);
		clearInterval(asking);
	}
	return { faults: (said.match(FAULT) ?? []).filter((line) => !ITS_OWN.test(line)), ...statisticsIn(told) };
}

/** The last ones of its answers to `stats`. */
function statisticsIn(told: string): Omit<VlcReport, 'faults'> {
	const last = (name: string): number => {
		const at = told.lastIndexOf(`| ${name}`);
		return at < 0 ? 0 : Number(/:\s*(\d+)/.exec(told.slice(at))?.[1]);
	};
	return {
		corrupted: last('demux corrupted'),
		discontinuities: last('discontinuities'),
		pictures: { shown: last('frames displayed'), lost: last('frames lost') },
		sounds: { played: last('buffers played'), lost: last('buffers lost') },
	};
}
