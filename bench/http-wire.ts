import { connect, type Socket } from 'node:net';

/** One answer. */
export type WireAnswer = {
	readonly status: number;
	/** Bytes of the body. */
	readonly length: number;
	/** The body, where it was asked for. */
	readonly text: string;
};

type Question = { readonly keep: boolean; readonly done: (answer: WireAnswer) => void };

const HEAD_END = Buffer.from('\r\n\r\n');
const READ_SIZE = 256 * 1024;
const shared = Buffer.allocUnsafe(READ_SIZE);

/**
 * A connection that asks by HTTP/1.1, one question after the other, and looks at no more of the answer than it must:
 * a bench's clients are not to cost more than its server. Answers need a Content-Length.
 */
export class HttpWire {
	readonly #host: string;
	readonly #socket: Socket;
	#question: Question | undefined;
	#head = Buffer.alloc(0);
	#status = 0;
	#length = 0;
	#left = -1;
	#body: Buffer[] = [];
	closed = false;

	constructor(origin: string) {
		const { hostname, port, host } = new URL(origin);
		this.#host = host;
		this.#socket = connect({
			host: hostname,
			port: Number(port),
			noDelay: true,
			onread: {
				buffer: shared,
				callback: (size, buffer) => {
					this.#read((buffer as Buffer).subarray(0, size));
					return true;
				},
			},
		});
		this.#socket.on('error', () => this.#fail());
		this.#socket.on('close', () => this.#fail());
	}

	/** @param keep whether the body is wanted @param done status 0 when the connection broke */
	ask(path: string, keep: boolean, done: (answer: WireAnswer) => void): void {
		this.#question = { keep, done };
		if (this.closed) this.#fail();
		else this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nUser-Agent: bench\r\n\r\n`);
	}

	close(): void {
		this.#question = undefined;
		this.#socket.destroy();
	}

	#read(bytes: Buffer): void {
		let body = bytes;
		if (this.#left < 0) {
			const head = this.#head.length > 0 ? Buffer.concat([this.#head, bytes]) : bytes;
			const end = head.indexOf(HEAD_END);
			if (end < 0) {
				this.#head = Buffer.from(head);
				return;
			}
			const text = head.toString('latin1', 0, end);
			this.#head = Buffer.alloc(0);
			this.#status = Number(text.slice(9, 12));
			this.#length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
			this.#left = this.#length;
			body = head.subarray(end + HEAD_END.length);
		}
		this.#left -= body.length;
		if (this.#question?.keep) this.#body.push(Buffer.from(body));
		if (this.#left <= 0) this.#end();
	}

	#end(): void {
		const question = this.#question;
		const text = question?.keep ? Buffer.concat(this.#body).toString() : '';
		this.#question = undefined;
		this.#body = [];
		this.#left = -1;
		question?.done({ status: this.#status, length: this.#length, text });
	}

	#fail(): void {
		this.closed = true;
		const question = this.#question;
		this.#question = undefined;
		question?.done({ status: 0, length: 0, text: '' });
	}
}
