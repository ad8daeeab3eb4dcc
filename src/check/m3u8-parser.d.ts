/** What the project uses of m3u8-parser, which brings no types. */
declare module 'm3u8-parser' {
	export class Parser {
		push(text: string): void;
		end(): void;
		readonly manifest: {
			readonly version?: number;
			readonly targetDuration?: number;
			readonly mediaSequence?: number;
			readonly discontinuitySequence?: number;
			readonly endList?: boolean;
			readonly independentSegments?: boolean;
			readonly partTargetDuration?: number;
			readonly segments: readonly {
				readonly uri: string;
				readonly duration: number;
				readonly discontinuity?: boolean;
				readonly dateTimeString?: string;
				readonly parts?: readonly { readonly uri: string }[];
			}[];
		};
	}
}
