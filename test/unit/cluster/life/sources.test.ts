import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { OwnedSource } from '../../../../src/cluster/life/owned-source.ts';
import { PulledSource } from '../../../../src/cluster/life/pulled-source.ts';
import { Stream } from '../../../../src/stream/stream.ts';
import { RecordingSink } from '../../../fakes/recording-sink.ts';
import { ScriptedSource } from '../../../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../../../fakes/virtual-clock.ts';
import { FakeCluster } from './fake-cluster.ts';

let clock: VirtualClock;
let cluster: FakeCluster;
let camera: ScriptedSource;
let opened: string[];
let stop: AbortController;

beforeEach(() => {
	clock = new VirtualClock();
	cluster = new FakeCluster('sub1', 'sub');
	camera = new ScriptedSource();
	opened = [];
	stop = new AbortController();
});

function pulled(onlyTls = false) {
	const open = (url: string) => {
		opened.push(url);
		return camera;
	};
	return new PulledSource({ stream: 'cam', cluster, open, onlyTls, clock });
}

/** How a run ends: `pending` as long as it has not. */
function outcome(run: Promise<void>) {
	const result = { now: 'pending' };
	run.then(
		() => {
			result.now = 'ended';
		},
		(error: { code: string; permanent: boolean }) => {
			result.now = `${error.code}${error.permanent ? ' for good' : ''}`;
		},
	);
	return result;
}

describe('a stream of a sub', () => {
	it('is pulled from the main that owns its camera', async () => {
		cluster.own('cam', 'main1', 1);
		const run = outcome(pulled().run(new RecordingSink(), stop.signal));
		await settle();
		expect(opened).toEqual(['rtsp://main1:8556/cam']);
		stop.abort();
		await settle();
		expect([run.now, camera.open, cluster.listeners]).toEqual(['ended', 0, 0]);
	});

	it('waits for an owner, and says when there is none', async () => {
		const late = outcome(pulled().run(new RecordingSink(), stop.signal));
		await clock.advance(3000);
		cluster.own('cam', 'main2', 4);
		await settle();
		expect([late.now, opened]).toEqual(['pending', ['rtsp://main2:8556/cam']]);
		cluster.disown('cam');
		const never = outcome(pulled().run(new RecordingSink(), stop.signal));
		await clock.advance(8000);
		expect(never.now).toBe('camera_unreachable');
		expect(late.now).toBe('pending');
	});

	it('goes to the next owner, and not before there is one', async () => {
		cluster.own('cam', 'main1', 1);
		const run = outcome(pulled().run(new RecordingSink(), stop.signal));
		await settle();
		cluster.disown('cam');
		cluster.gone('main1');
		await settle();
		expect(run.now).toBe('pending');
		cluster.own('cam', 'main2', 2);
		await settle();
		expect([run.now, camera.open]).toEqual(['camera_closed', 0]);
	});

	it('is never failed for good: what one main refuses another may have', async () => {
		cluster.own('cam', 'main1', 1);
		const run = outcome(pulled().run(new RecordingSink(), stop.signal));
		await settle();
		camera.last.fail('camera_unauthorized', true);
		await settle();
		expect(run.now).toBe('camera_unauthorized');
	});

	it('is pulled over TLS only where that is wanted, and from another main if need be', async () => {
		cluster.own('cam', 'main1', 1);
		const source = pulled(true);
		await expect(source.run(new RecordingSink(), stop.signal)).rejects.toMatchObject({
			code: 'camera_untrusted',
			permanent: false,
			message: expect.stringContaining('main main1 gives its streams unencrypted, which cluster.tls'),
		});
		cluster.set({ id: 'main1', rtsp: 'rtspx://main1:8556' });
		await expect(source.run(new RecordingSink(), stop.signal)).rejects.toMatchObject({ code: 'camera_untrusted' });
		expect([opened, cluster.listeners]).toEqual([[], 0]);
		cluster.set({ id: 'main2', role: 'main', rtsp: 'rtsps://main2:8556' });
		cluster.own('cam', 'main2', 2);
		const run = outcome(source.run(new RecordingSink(), stop.signal));
		await settle();
		expect([run.now, opened]).toEqual(['pending', ['rtsps://main2:8556/cam']]);
	});

	it('keeps its viewers while a main takes over from another', async () => {
		cluster.own('cam', 'main1', 1);
		const stream = new Stream({
			id: 'cam',
			source: pulled(),
			onDemand: true,
			startTimeout: 5000,
			closeAfter: 1000,
			stallTimeout: 8000,
			backoff: { first: 200, cap: 1000 },
			retryPause: { transient: 500, permanent: 5000 },
			clock,
			logger: silentLogger,
			random: () => 1,
		});
		camera.onRun = (run) => run.announce();
		const lease = await stream.claim();
		let ended = false;
		stream.attach({ name: 'viewer', onTracks() {}, onUnit() {}, onEnd: () => (ended = true) } as never, {
			replay: false,
		});
		camera.last.fail('camera_closed');
		await clock.advance(100);
		expect([stream.state.name, ended]).toEqual(['recovering', false]);
		cluster.disown('cam');
		await clock.advance(3000);
		cluster.own('cam', 'main2', 2);
		await clock.advance(1000);
		expect([stream.state.name, ended, opened.at(-1)]).toEqual(['live', false, 'rtsp://main2:8556/cam']);
		lease.release();
		await stream.close();
		expect(camera.open).toBe(0);
	});
});

describe('a camera of a main', () => {
	beforeEach(() => {
		cluster = new FakeCluster('main1', 'main');
	});

	const owned = () => new OwnedSource({ stream: 'cam', cluster, camera, clock });

	it('runs while the main owns it', async () => {
		cluster.own('cam', 'main1', 1);
		const run = outcome(owned().run(new RecordingSink(), stop.signal));
		await settle();
		expect(camera.open).toBe(1);
		cluster.own('cam', 'main2', 2);
		await settle();
		expect([run.now, camera.open, cluster.listeners]).toEqual(['camera_unreachable', 0, 0]);
	});

	it('waits to be owned, and is let alone when it is not', async () => {
		cluster.own('cam', 'main2', 1);
		const run = outcome(owned().run(new RecordingSink(), stop.signal));
		await clock.advance(20_000);
		expect([run.now, camera.runs.length]).toEqual(['pending', 0]);
		cluster.own('cam', 'main1', 2);
		await settle();
		expect(camera.open).toBe(1);
		stop.abort();
		await settle();
		expect(run.now).toBe('ended');
		cluster.own('cam', 'main2', 3);
		const refused = outcome(owned().run(new RecordingSink(), new AbortController().signal));
		await clock.advance(25_000);
		expect([refused.now, camera.runs.length]).toEqual(['camera_unreachable', 1]);
	});
});
