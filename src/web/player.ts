import { definePlayer } from './player/element.ts';

export { DualcastPlayer, type DualcastPlayerEvents } from './player/element.ts';
export type { Choice, Mode } from './player/playback.ts';
export type { PlayerStats } from './player/stats.ts';

definePlayer();
