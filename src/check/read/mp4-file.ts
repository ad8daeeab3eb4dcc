import { createFile, type ISOFile, Log, type Movie, MP4BoxBuffer, type Sample } from 'mp4box';
import { toError } from '../../base/errors.ts';
import { announcedSamples } from './announced-samples.ts';

/** More than an hour of sound has; mp4box takes memory for as many as are announced. */
const MAX_SAMPLES = 200_000;

export type Mp4File = {
	readonly file: ISOFile;
	/** Undefined without a movie header. */
	readonly movie: Movie | undefined;
	/** By track. */
	readonly samples: ReadonlyMap<number, readonly Sample[]>;
	readonly faults: readonly string[];
};

/**
 * Has mp4box read pieces of a file that follow each other.
 *
 * @throws Error when it cannot
 */
export function readMp4(pieces: readonly Uint8Array[]): Mp4File {
	const announced = announcedSamples(Buffer.concat(pieces));
	if (announced > MAX_SAMPLES) throw new Error(`it announces ${announced} samples`);
	const faults: string[] = [];
	const samples = new Map<number, Sample[]>();
	let movie: Movie | undefined;
	const file = createFile(true);
	// Where it knows of no file, it would print them.
	Log.error = (module, message) => void faults.push(`${module}: ${message}`);
	file.onReady = (info) => {
		movie = info;
		for (const { id } of info.tracks) file.setExtractionOptions(id, undefined, { nbSamples: 1 });
		file.start();
	};
	file.onSamples = (id, _user, read) => {
		const list = samples.get(id) ?? [];
		list.push(...read);
		samples.set(id, list);
	};
	let at = 0;
	try {
		for (const bytes of pieces) {
			const copy = new Uint8Array(bytes);
			file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy.buffer, at), false);
			at += bytes.length;
		}
		file.flush();
	} catch (thrown) {
		// It stumbles over what it has complained about.
		throw new Error(faults[0] ?? `mp4box cannot read it: ${toError(thrown).message}`);
	}
	return { file, movie, samples, faults };
}
