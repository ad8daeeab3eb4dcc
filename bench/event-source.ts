/** As much of the browser's `EventSource` as the player uses; Node.js 20 has none. */
export class FetchedEvents extends EventTarget {
	onopen: () => void = () => undefined;
	onerror: () => void = () => undefined;
	readyState = 0;
	readonly #stop = new AbortController();

	constructor(url: string) {
		super();
		void this.#read(url).catch(() => {
			if (this.#stop.signal.aborted) return;
			this.readyState = 0;
			this.onerror();
		});
	}

	close(): void {
		this.readyState = 2;
		this.#stop.abort();
	}

	async #read(url: string): Promise<never> {
		const response = await fetch(url, { signal: this.#stop.signal });
		if (response.status !== 200 || !response.body) throw new Error(`answered ${response.status}`);
		this.readyState = 1;
		this.onopen();
		let text = '';
		for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
			const events = (text + chunk).split('\n\n');
			text = events.pop() ?? '';
			for (const event of events) this.#tell(event);
		}
		throw new Error('the connection ended');
	}

	#tell(event: string): void {
		const type = /^event: (.*)$/m.exec(event)?.[1];
		const data = /^data: (.*)$/m.exec(event)?.[1];
		if (type !== undefined) this.dispatchEvent(Object.assign(new Event(type), { data }));
	}
}
