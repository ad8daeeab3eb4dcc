#!/usr/bin/python3
"""A real RTSP camera on loopback: gst-rtsp-server with a test picture and tone.

Prints one JSON line per event on standard output, first {"event": "ready", "port": N}. Ends on SIGTERM, SIGINT
or when standard input is closed.
"""

import argparse
import json
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--path", default="/cam")
    parser.add_argument("--video", choices=["baseline", "high", "high-bframes", "none"], default="baseline")
    parser.add_argument("--audio", choices=["opus", "alaw", "aac", "none"], default="none")
    parser.add_argument("--protocols", choices=["tcp", "udp", "both"], default="both")
    parser.add_argument("--auth", choices=["none", "basic", "digest"], default="none")
    parser.add_argument("--user", default="user")
    parser.add_argument("--password", default="pass")
    parser.add_argument("--session-timeout", type=int, default=60, help="seconds")
    parser.add_argument("--shared", action="store_true", help="one encoder for all sessions")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--gop", type=int, default=60, help="frames from one key frame to the next")
    parser.add_argument("--bitrate", type=int, default=2000, help="kbit/s")
    parser.add_argument("--pattern", default="smpte", help="of videotestsrc; it moves sideways")
    return parser.parse_args()


def video_branch(options):
    bframes = options.video == "high-bframes"
    profile = "constrained-baseline" if options.video == "baseline" else "high"
    # A single encoder thread: frames leave one by one and two cores stay free for what is tested.
    tune = "" if bframes else "tune=zerolatency sliced-threads=false"
    return (
        f"videotestsrc is-live=true pattern={options.pattern} horizontal-speed=4"
        f" ! video/x-raw,format=I420,width={options.width},height={options.height},framerate={options.fps}/1"
        f" ! x264enc speed-preset=ultrafast {tune} threads=1 bitrate={options.bitrate}"
        f" key-int-max={options.gop} option-string=scenecut=0 b-adapt=false bframes={2 if bframes else 0}"
        f" {'cabac=false' if options.video == 'baseline' else 'cabac=true dct8x8=true'}"
        f" ! video/x-h264,profile={profile},stream-format=byte-stream"
        " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 mtu=1400"
    )


def audio_branch(options, index):
    tone = "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample"
    chains = {
        "opus": "audio/x-raw,rate=48000,channels=2 ! opusenc bitrate=64000 frame-size=20"
        " ! rtpopuspay name=pay{} pt=97",
        "alaw": "audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay{} pt=8"
        " min-ptime=20000000 max-ptime=20000000",
        "aac": "audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=96000 ! aacparse ! rtpmp4gpay name=pay{} pt=97",
    }
    return f"{tone} ! {chains[options.audio].format(index)}"


def pipeline(options):
    branches = []
    if options.video != "none":
        branches.append(video_branch(options))
    if options.audio != "none":
        branches.append(audio_branch(options, len(branches)))
    return "( " + " ".join(branches) + " )"


def emit(event, **facts):
    # One write a line: requests of several clients are handled on threads of their own.
    os.write(1, (json.dumps({"event": event, **facts}) + "\n").encode())


def protocols(name):
    tcp, udp = GstRtsp.RTSPLowerTrans.TCP, GstRtsp.RTSPLowerTrans.UDP
    return {"tcp": tcp, "udp": udp, "both": tcp | udp}[name]


def protect(server, factory, options):
    """Only the named user may see that there is a stream and play it; the others get 401."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if options.auth == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string("viewer, media.factory.access=true, media.factory.construct=true")
    )
    server.set_auth(auth)


# A request without the right password fires none of these: it shows as a response of status 401.
METHODS = ("options", "describe", "setup", "play", "teardown", "get-parameter")


def watch(client):
    peer = client.get_connection().get_ip()
    emit("connected", peer=peer)
    client.connect("closed", lambda _: emit("disconnected", peer=peer))
    for method in METHODS:
        client.connect(f"{method}-request", lambda _, __, name: emit(name), method.upper().replace("-", "_"))
    client.connect("send-message", on_send)


def on_send(_client, _session, message):
    kind = message.get_type()
    if kind == GstRtsp.RTSPMsgType.RESPONSE:
        _, code, _, _ = message.parse_response()
        emit("response", status=int(code))


def main():
    options = arguments()
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(pipeline(options))
    factory.set_shared(options.shared)
    factory.set_protocols(protocols(options.protocols))
    factory.set_latency(0)
    if options.auth != "none":
        protect(server, factory, options)
    server.get_mount_points().add_factory(options.path, factory)
    pool = server.get_session_pool()
    pool.connect("session-removed", lambda _, __: emit("session-removed"))
    server.connect("client-connected", lambda _, client: watch(client))

    if options.session_timeout != 60:
        # The pool creates sessions with the default timeout; each media's factory is told here instead.
        server.connect("client-connected", lambda _, client: client.connect("new-session", shorten, options))
    GLib.timeout_add(500, lambda: (pool.cleanup(), True)[1])

    if server.attach(None) == 0:
        sys.exit("cannot listen")
    loop = GLib.MainLoop()
    # A test that dies leaves no camera behind: its end of the pipe closes.
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP, lambda *_: (loop.quit(), False)[1])
    emit("ready", port=server.get_bound_port())
    loop.run()


def shorten(_client, session, options):
    session.set_timeout(options.session_timeout)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
