import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the machine's Chromium, headless, allowed to play without a click. */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
	const executablePath = PLACES.find((place) => existsSync(place));
	if (executablePath === undefined) throw new Error('Chromium is not installed: "apt-get install chromium"');
	return chromium.launch({
		executablePath,
		args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', ...args],
	});
}
