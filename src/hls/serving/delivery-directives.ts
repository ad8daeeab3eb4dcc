import { DualcastError } from '../../base/errors.ts';

/** What a request for a playlist asks for beyond it (draft-pantos-hls-rfc8216bis section 6.2.5). */
export type DeliveryDirectives = {
	/** `_HLS_msn`: answer when this segment, or its part, is there. */
	readonly msn: number | undefined;
	/** `_HLS_part` */
	readonly part: number | undefined;
	/** `_HLS_skip`: a delta update will do. */
	readonly skip: boolean;
};

const NO_DIRECTIVES: DeliveryDirectives = { msn: undefined, part: undefined, skip: false };
const NUMBER = /^\d{1,15}$/;
const SEGMENT = /[?&]_HLS_msn=([^&]*)/;
const PART = /[?&]_HLS_part=([^&]*)/;
const SKIP = /[?&]_HLS_skip=(?:YES|v2)(?:&|$)/;

/**
 * Reads the query of a request.
 *
 * @param target path and query
 * @throws DualcastError `request_invalid` for numbers that are none, and for a part without its segment
 */
export function parseDirectives(target: string): DeliveryDirectives {
	const query = target.indexOf('?');
	if (query < 0 || !target.includes('_HLS_', query)) return NO_DIRECTIVES;
	const msn = numberOf(SEGMENT.exec(target), '_HLS_msn');
	const part = numberOf(PART.exec(target), '_HLS_part');
	if (part !== undefined && msn === undefined) {
		throw new DualcastError('request_invalid', '_HLS_part needs _HLS_msn, the segment it is a part of');
	}
	return { msn, part, skip: SKIP.test(target) };
}

function numberOf(found: RegExpExecArray | null, parameter: string): number | undefined {
	if (found === null) return undefined;
	const [, text = ''] = found;
	if (NUMBER.test(text)) return Number(text);
	throw new DualcastError('request_invalid', `${parameter} must be a whole number from 0 on`, { facts: { parameter } });
}
