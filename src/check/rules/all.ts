import type { Rule } from '../rule.ts';
import { FETCHABLE, FIRST_ANSWER, FRESH, RETENTION } from './availability.ts';
import { BAD_DIRECTIVES, BLOCKING_RELOAD, PRELOAD_HINT } from './blocking.ts';
import { CONTAINER, HEVC, SOUND_CODECS } from './container.ts';
import { DATES } from './dates.ts';
import { DISCONTINUITY } from './discontinuities.ts';
import { PROFILE, RENDITION_REPORTS } from './low-latency-profile.ts';
import { PART_PACE, PART_TARGET, PARTS_AND_SEGMENT } from './parts.ts';
import { FORM, TARGET_DURATION } from './playlist-form.ts';
import { DELTA_UPDATES, SERVER_CONTROL } from './server-control.ts';
import { ACCESS, CACHING, COMPRESSION, CONTENT_TYPES } from './serving.ts';
import { INDEPENDENT, TIMING } from './timing.ts';
import { VARIANT_CODECS, VARIANT_FACTS } from './variants.ts';
import { LEAST_DURATION, MEDIA_SEQUENCE, UNCHANGED } from './window.ts';

/** By number. */
export const RULES: readonly Rule[] = [
	...[FORM, TARGET_DURATION, LEAST_DURATION, MEDIA_SEQUENCE, UNCHANGED, RETENTION, FETCHABLE, FRESH],
	...[DISCONTINUITY, DATES, INDEPENDENT, TIMING, CONTAINER, SOUND_CODECS, HEVC],
	...[VARIANT_FACTS, VARIANT_CODECS, CONTENT_TYPES, COMPRESSION, CACHING, ACCESS, FIRST_ANSWER],
	...[PART_TARGET, SERVER_CONTROL, PARTS_AND_SEGMENT, PART_PACE, BLOCKING_RELOAD, BAD_DIRECTIVES, PRELOAD_HINT],
	...[DELTA_UPDATES, RENDITION_REPORTS, PROFILE],
];
