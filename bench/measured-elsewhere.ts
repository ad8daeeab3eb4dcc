/**
 * What other gateways needed for the same work, measured elsewhere: whole process, 2 shared vCPUs, a camera of
 * 1280x720, 30 fps, 2 Mbit/s with a key frame every 2 s. Their versions stand in the names.
 */

type FanOutElsewhere = {
	readonly name: string;
	/** CPU microseconds a delivered packet, by viewers. */
	readonly cpuMicrosPerPacket: Readonly<Record<string, string>>;
	readonly joinCpuMs: string;
	readonly memoryPerViewer: string;
};

export const FAN_OUT_ELSEWHERE: readonly FanOutElsewhere[] = [
	{
		name: 'MediaMTX 1.20.1',
		cpuMicrosPerPacket: { 20: '13.9', 60: '10.2', '100-200': '9.3' },
		joinCpuMs: '1.8-4.8',
		memoryPerViewer: '4.2 MiB',
	},
	{
		name: 'go2rtc 1.9.14',
		cpuMicrosPerPacket: { 60: '13.7', '100-200': '11.4' },
		joinCpuMs: '5.3-7.6',
		memoryPerViewer: '5.2 MiB',
	},
	{
		name: 'Janus 1.1.2 streaming plugin',
		cpuMicrosPerPacket: { 20: '14.6', 60: '25.7', '100-200': '28.3' },
		joinCpuMs: '7.5 and up',
		memoryPerViewer: '0.5 MiB',
	},
];

/** Milliseconds, in Chromium. */
export const FIRST_FRAME_ELSEWHERE = [
	{ name: 'MediaMTX 1.20.1', running: '1,094 / 2,101', cold: '1,589', age: '33-67' },
	{ name: 'go2rtc 1.9.14', running: '1,198 / 2,123', cold: '', age: '33-67' },
] as const;

/** Percent of a core and memory a camera, 20 cameras where the name says nothing else. */
export const INGEST_ELSEWHERE = [
	{ name: 'MediaMTX 1.20.1, pull alone', percent: '0.155', memory: '' },
	{ name: 'MediaMTX 1.20.1, pull + HLS in TS', percent: '0.23', memory: '9.6 MiB' },
	{ name: 'MediaMTX 1.20.1, pull + LL-HLS', percent: '0.205', memory: '20 MiB' },
	{ name: 'a bare Node socket that only finds the interleaved frames', percent: '0.06', memory: '' },
	{ name: 'the same with 100 cameras', percent: '0.03', memory: '' },
] as const;

/** Frames decoded of about 450. */
export const LOSS_ELSEWHERE = [
	{ name: 'MediaMTX 1.20.1, 2 % lost', decoded: '75 %', freezes: '' },
	{ name: 'MediaMTX 1.20.1, 5 % lost', decoded: '92 %', freezes: '' },
	{ name: 'MediaMTX 1.20.1, 10 % lost', decoded: '94 %', freezes: '7' },
	{ name: 'go2rtc 1.9.14, 2 % lost', decoded: '3 %', freezes: '' },
	{ name: 'go2rtc 1.9.14, 10 % lost', decoded: '1 %', freezes: '' },
] as const;
