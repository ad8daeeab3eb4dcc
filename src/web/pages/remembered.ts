/** What this browser remembers under `name`; null where nothing is, or where a frame of another site may not ask. */
export function recall(name: string): string | null {
	try {
		return localStorage.getItem(name);
	} catch {
		return null;
	}
}

/** Lets this browser remember a setting, where it may. */
export function remember(name: string, value: string): void {
	try {
		localStorage.setItem(name, value);
	} catch {
		// forgotten with the page
	}
}
