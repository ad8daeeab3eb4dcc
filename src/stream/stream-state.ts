import type { SourceError } from '../base/errors.ts';

/**
 * Where a stream is in its life. `since` is wall time in milliseconds since the Unix epoch.
 *
 * idle ─demand─▶ starting ─tracks─▶ live ─source ended─▶ recovering ─tracks─▶ live
 *   ▲               │ no use in trying                       │
 *   └── closing ◀───┴──── no demand for `close_after` ◀──────┘      failed: until demand comes after the pause,
 *                                                                  or the pause is over where it is always on
 */
export type StreamState =
	| { readonly name: 'idle'; readonly since: number }
	| { readonly name: 'starting'; readonly since: number; readonly attempt: number }
	| { readonly name: 'live'; readonly since: number }
	| { readonly name: 'recovering'; readonly since: number; readonly attempt: number; readonly error: SourceError }
	| { readonly name: 'closing'; readonly since: number }
	| { readonly name: 'failed'; readonly since: number; readonly error: SourceError };

export type StreamStateName = StreamState['name'];
