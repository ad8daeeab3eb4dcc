/** A 64-bit NTP timestamp (RFC 5905 section 6): two unsigned 32-bit halves. */
export type NtpTime = {
	/** Seconds since 1900-01-01, modulo 2^32. */
	readonly seconds: number;
	/** In 1 / 2^32 s. */
	readonly fraction: number;
};

const UNIX_EPOCH_SECONDS = 2_208_988_800;
const TWO_32 = 2 ** 32;

/** @param unix milliseconds since the Unix epoch, fractional */
export function ntpFromUnix(unix: number): NtpTime {
	let seconds = Math.floor(unix / 1000);
	let fraction = Math.round(((unix - seconds * 1000) / 1000) * TWO_32);
	if (fraction >= TWO_32) {
		fraction -= TWO_32;
		seconds += 1;
	}
	return { seconds: (seconds + UNIX_EPOCH_SECONDS) % TWO_32, fraction };
}

/**
 * The instant of an NTP timestamp. Seconds with the top bit clear belong to the era that starts in 2036
 * (RFC 4330 section 3).
 *
 * @returns milliseconds since the Unix epoch, fractional
 */
export function unixFromNtp(ntp: NtpTime): number {
	const era = ntp.seconds < TWO_32 / 2 ? TWO_32 : 0;
	return (ntp.seconds + era - UNIX_EPOCH_SECONDS) * 1000 + (ntp.fraction / TWO_32) * 1000;
}

/** The middle 32 bits (16.16 seconds), as report blocks quote a sender report (RFC 3550 section 6.4.1, LSR). */
export function compactNtp(ntp: NtpTime): number {
	return (((ntp.seconds & 0xffff) << 16) | (ntp.fraction >>> 16)) >>> 0;
}
