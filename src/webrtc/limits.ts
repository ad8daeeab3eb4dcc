/** Caps of a WHEP offer. Above them it is refused. */
export const OFFER_LIMITS = {
	characters: 65_536,
	lines: 2_000,
	lineCharacters: 4_096,
	/** `m=` sections. */
	sections: 8,
	/** `a=rtpmap` lines of one section. */
	codecs: 96,
	/** Forms of offers that are remembered: one for each browser and version. */
	forms: 16,
} as const;

/**
 * Bytes of an RTP payload as it is cut for all viewers: 1200 with the two bytes that a retransmission stream puts
 * in front (RFC 4588 section 4).
 */
export const MAX_PAYLOAD = 1_198;

/** Samples of G.711 in one packet, 60 ms: longer runs are split. */
export const MAX_G711_SAMPLES = 480;

/** What is kept of a track for retransmission and fast start. */
export const RING_LIMITS = {
	/** At the start; doubled as needed. A power of two. */
	initialPackets: 512,
	/** A power of two, at most half of the sequence number space. */
	packets: 16_384,
	bytes: 16 * 1024 * 1024,
	/** Packets stay at least this long, and at least until the next key frame. Milliseconds. */
	age: 2_000,
} as const;

/** How fast a viewer who is behind the live point gets what is missing. */
export const CATCH_UP = {
	/** Bytes sent at once: two seconds of 2 Mbit/s. Each further wait would be seen. */
	burst: 512 * 1024,
	/** Milliseconds between two further chunks. */
	period: 5,
	/** Bytes of one chunk: 40 Mbit/s. */
	chunk: 25_000,
	/** Bytes for all viewers of a stream in one period. */
	total: 400_000,
	/** Milliseconds of RTP time from frame to frame of a squeezed group of pictures. */
	frameStep: 1,
} as const;

/** What a viewer may ask for again: NACK and PLI storms end here. */
export const REPAIR = {
	/**
	 * Bytes a viewer may have repaired at once, and how many come back each second. As many again are for groups of
	 * pictures sent again: one that is larger leaves debts.
	 */
	burst: 512 * 1024,
	bytesPerSecond: 512 * 1024,
	/**
	 * Sequence numbers of NACKs that are looked up at once, and each second. 20 Mbit/s are 2,090 packets a second; of
	 * these 209 are lost at 10 % each way, and 19 % of requests are in vain (they or the first copy lost): 260 a second.
	 * At once a browser asks for 1,000, all that it keeps track of.
	 */
	wishBurst: 4_000,
	wishesPerSecond: 2_000,
	/** Milliseconds before a NACK for the same packet is heard again, at least; else half a round trip. */
	resendAfter: 10,
	/** Milliseconds until a packet sent again goes out a second time, for it may be lost as well. */
	repeatAfter: 5,
	/** Second copies that wait, at most. */
	repeats: 256,
	/** Milliseconds between two answers to a viewer who asks for its round trip. */
	echoPeriod: 200,
	/** Retransmissions remembered for that. A power of two. */
	remembered: 1_024,
	/** Sequence numbers behind the newest that are still answered. */
	reach: 16_384,
	/** Milliseconds between two replays of the group of pictures. */
	keyFrameInterval: 500,
	/** Milliseconds; assumed until the viewer has reported. */
	assumedRoundTrip: 100,
	/** Milliseconds over which the loss is averaged: browsers report with each NACK, after a handful of packets. */
	lossWindow: 1_000,
	/** Milliseconds; a measured round trip beyond is a broken report. */
	maxRoundTrip: 10_000,
} as const;

/** ICE restarts that a viewer may have at once, and how many come back each second: a network changes less often. */
export const ICE_RESTARTS = { burst: 10, perSecond: 5 } as const;

/** When a link counts as too slow for the stream. */
export const LINK = {
	/** Fraction above which repair does not keep up. */
	hopelessLoss: 0.3,
	/** Fraction that, with an estimate below what is sent, says that a queue overflows. Less is repaired. */
	congestionLoss: 0.2,
	/** Milliseconds of round trip above the best one that say that a queue fills. */
	queue: 300,
	/** The viewer's estimate counts as too low below this part of what is sent. */
	headroom: 0.6,
	/** Bad seconds in a row before a viewer gets key frames only. */
	badReports: 3,
	/** Milliseconds until the next chance: the first time, and at most. */
	firstPause: 5_000,
	longestPause: 60_000,
	/** Milliseconds after which a chance was not in vain. */
	proof: 15_000,
} as const;

/** Milliseconds after the answer in which a viewer's first check must come once all places are taken. */
export const ABSENCE = 3_000;

/** Stretches of a viewer's own numbering that are remembered (one for each start and each replay). */
export const MAX_SEGMENTS = 64;

/** Milliseconds between sender reports. */
export const REPORT_PERIOD = 1_000;

/** Pictures that come before their predecessor, with no group in order between, that make a stream one with B-frames. */
export const MAX_REORDERED = 3;
