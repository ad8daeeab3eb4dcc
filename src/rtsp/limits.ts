/** Caps of what a peer may make this side hold. Beyond one, the connection ends with an `RtspSyntaxError`. */
export const RTSP_LIMITS = {
	/** Start line and headers of one message. */
	headBytes: 32_768,
	headers: 128,
	/** Head of the HTTP answer that opens a tunnel. */
	httpHeadBytes: 8192,
	/** One header, name and value. */
	headerCharacters: 8192,
	bodyBytes: 131_072,
	/** Bytes in a row that are neither a message nor an interleaved frame. */
	garbageBytes: 1_048_576,
} as const;
