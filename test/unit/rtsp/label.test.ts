import { describe, expect, it } from 'vitest';
import { rtspSource } from '../../camera/pulled-source.ts';

describe('the label of a camera', () => {
	it.each([
		['rtsp://u:CANARY@10.0.0.5/main', 'rtsp://10.0.0.5/main'],
		[
			'rtsp://10.0.0.5:554/user=admin_password=CANARY_channel=1_stream=0.sdp?real_stream',
			'rtsp://10.0.0.5:554/user=***_password=***_channel=1_stream=0.sdp?real_stream',
		],
		['rtsp://10.0.0.5/cam?usr=admin&pwd=CANARY&passw=CANARY', 'rtsp://10.0.0.5/cam?usr=***&pwd=***&passw=***'],
		['rtsp://10.0.0.5/live?user=a&pass=CANARY&channel=2', 'rtsp://10.0.0.5/live?user=***&pass=***&channel=2'],
		['rtsp://10.0.0.5/live?password=a"CANARY\'CANARY<CANARY>', 'rtsp://10.0.0.5/live?password=***'],
		['rtsp://10.0.0.5/0/admin:CANARY/main', 'rtsp://10.0.0.5/0/***/main'],
		['rtsp://10.0.0.5/0/admin:a"CANARY/main', 'rtsp://10.0.0.5/0/***/main'],
		['rtsp://admin:2024#CANARY@10.0.0.5/stream', 'rtsp://10.0.0.5/stream'],
		['rtsp://admin:12/CANARY@10.0.0.5/stream', 'rtsp://10.0.0.5/stream'],
		// Read as a port and a path; not shown all the same.
		['rtsp://admin:554/CANARY@10.0.0.5/stream', 'rtsp://admin:554/***@10.0.0.5/stream'],
		['camera', 'invalid URL'],
	])('%s is %s', (url, label) => {
		expect(rtspSource(url).label).toBe(label);
	});

	it('tells the channels of one recorder apart', () => {
		const forms = [
			'/user=admin_password=x_channel=CHANNEL_stream=0.sdp',
			'/user=admin&password=x&channel=CHANNEL&stream=0.sdp',
			'/user=admin/password=x/CHANNEL/main',
			'/cam/realmonitor?channel=CHANNEL&subtype=0',
			'/CHANNEL/admin:x/main',
			'/10.0.0.CHANNEL:554/main',
		];
		const labels = forms.flatMap((form) =>
			[1, 2].map((channel) => rtspSource(`rtsp://nvr:554${form.replace('CHANNEL', String(channel))}`).label),
		);
		expect(new Set(labels).size).toBe(labels.length);
	});
});
