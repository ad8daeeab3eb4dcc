import { report } from '../../src/check/check.ts';
import type { MediaReading } from '../../src/check/read/media-reading.ts';
import type { Exchange, TrialName } from '../../src/check/recording.ts';
import { type RecordingChanges, recordingOf } from './hls-recording.ts';

/** What is found of one rule where a recording has these changes. */
export function ruleOf(number: number, changes: RecordingChanges) {
	const found = report(recordingOf(changes)).rules.find(({ rule }) => rule === number);
	if (!found) throw new Error(`there is no rule ${number}`);
	return found;
}

/** In each playlist, or in those from `index` on. */
export function replace(from: string | RegExp, to: string, index = 0): RecordingChanges {
	return { text: (text, at) => (at >= index ? text.replace(from, to) : text) };
}

/** A single request that is answered otherwise. */
export function answering(name: TrialName, status: number): RecordingChanges {
	return { trial: (exchange, own) => (own === name ? { ...exchange, status } : exchange) };
}

/** A header of the playlists. */
export function headers(name: string, value: string): RecordingChanges {
	return { reload: (reload) => ({ ...reload, exchange: withHeader(reload.exchange, name, value) }) };
}

/** Playlists that come without a header. */
export function withoutHeader(name: string): RecordingChanges {
	return {
		reload: ({ exchange, ...reload }) => {
			const { [name]: _, ...headers } = exchange.headers;
			return { ...reload, exchange: { ...exchange, headers } };
		},
	};
}

/** A file that holds something else. */
export function holding(name: string, change: (reading: MediaReading) => Partial<MediaReading>): RecordingChanges {
	return {
		file: (file, own) => {
			if (own !== name || !file.reading) return file;
			return { ...file, reading: { ...file.reading, ...change(file.reading) } };
		},
	};
}

export function withHeader(exchange: Exchange, name: string, value: string): Exchange {
	return { ...exchange, headers: { ...exchange.headers, [name]: value } };
}
