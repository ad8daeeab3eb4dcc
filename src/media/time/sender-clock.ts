import { type NtpTime, unixFromNtp } from '../rtp/ntp.ts';

/** Sender report of a track (RFC 3550 section 6.4.1): which wall clock belongs to which RTP timestamp. */
export type SenderClock = {
	/** Milliseconds since the Unix epoch by the camera's clock, fractional. */
	readonly ntp: number;
	/** 32-bit RTP timestamp. */
	readonly rtpTimestamp: number;
};

/** @returns undefined when the report says that its sender has no wall clock (NTP time zero, RFC 3550 section 6.4.1) */
export function senderClock(report: { ntp: NtpTime; rtpTimestamp: number }): SenderClock | undefined {
	if (report.ntp.seconds === 0) return undefined;
	return { ntp: unixFromNtp(report.ntp), rtpTimestamp: report.rtpTimestamp };
}
