import { readFile } from 'node:fs/promises';

/** What a process has used (proc(5)). */
export type ProcessUsage = {
	/** CPU time of all its threads, user and system, in seconds; counted in steps of 10 ms. */
	readonly cpuSeconds: number;
	/** Resident memory in bytes. */
	readonly residentBytes: number;
	/** `performance.now()` of the reading. */
	readonly at: number;
};

/** Clock ticks per second in /proc, the same on every Linux. */
const TICKS = 100;
/** Fields 14 and 15 of /proc/PID/stat, counted from the first one after the command name. */
const UTIME = 11;
const STIME = 12;

/** @throws Error when there is no such process */
export async function readUsage(pid: number): Promise<ProcessUsage> {
	const [stat, status] = await Promise.all([
		readFile(`/proc/${pid}/stat`, 'utf8'),
		readFile(`/proc/${pid}/status`, 'utf8'),
	]);
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const cpuSeconds = (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS;
	const residentBytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
	return { cpuSeconds, residentBytes, at: performance.now() };
}
