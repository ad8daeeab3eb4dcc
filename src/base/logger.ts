/** Plain values that go along with a log line. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** What a module needs of a logger; pino fits it. State changes go at `info`, nothing is logged per packet. */
export interface Logger {
	debug(facts: LogFacts, message: string): void;
	info(facts: LogFacts, message: string): void;
	warn(facts: LogFacts, message: string): void;
	error(facts: LogFacts, message: string): void;
	child(facts: LogFacts): Logger;
}

/** A logger that says nothing (tests, tools). */
export const silentLogger: Logger = {
	debug() {},
	info() {},
	warn() {},
	error() {},
	child: () => silentLogger,
};
