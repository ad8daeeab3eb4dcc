import type { FuzzTarget } from './target.ts';
import { CODEC_TARGETS } from './targets/codecs.ts';
import { aacConfig, h264Sps, h265Sps, streamMuxConfig } from './targets/configurations.ts';
import { clientHello, dtlsRecords, dtlsServer } from './targets/dtls.ts';
import {
	deliveryDirectives,
	hlsPath,
	httpRange,
	plainRequest,
	tokenClaims,
	tokenHead,
	tokenSource,
} from './targets/http.ts';
import { ingest, reorder } from './targets/ingest.ts';
import { rtcp, rtp } from './targets/rtp.ts';
import { rtspFraming } from './targets/rtsp-framing.ts';
import { authentication, sessionHeader, transportHeader } from './targets/rtsp-headers.ts';
import { rtspMessage } from './targets/rtsp-message.ts';
import { sdp, sprop } from './targets/sdp.ts';
import { httpHead, websocketFrames } from './targets/tunnels.ts';
import { cameraUrl, controlUrl, requestTarget } from './targets/url.ts';
import { iceFragment, offer, srtcp, streamFraming, stun } from './targets/webrtc.ts';

/** Every parser that reads what a camera, a viewer or a client sends. */
export const TARGETS: readonly FuzzTarget[] = [
	rtspMessage,
	rtspFraming,
	transportHeader,
	sessionHeader,
	authentication,
	cameraUrl,
	controlUrl,
	requestTarget,
	sdp,
	sprop,
	rtp,
	rtcp,
	...CODEC_TARGETS,
	h264Sps,
	h265Sps,
	aacConfig,
	streamMuxConfig,
	reorder,
	ingest,
	websocketFrames,
	httpHead,
	offer,
	iceFragment,
	stun,
	streamFraming,
	dtlsRecords,
	clientHello,
	dtlsServer,
	srtcp,
	tokenHead,
	tokenClaims,
	tokenSource,
	deliveryDirectives,
	hlsPath,
	httpRange,
	plainRequest,
];
