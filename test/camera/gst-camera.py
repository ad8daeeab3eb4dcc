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
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


VIDEO = ["baseline", "high", "high-bframes", "h265", "h265-bframes", "mjpeg", "none"]
AUDIO = ["opus", "alaw", "mulaw", "aac", "latm", "g722", "l16", "none"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--path", default="/cam")
    parser.add_argument("--video", choices=VIDEO, default="baseline")
    parser.add_argument("--audio", choices=AUDIO, default="none")
    parser.add_argument("--protocols", choices=["tcp", "udp", "multicast", "both"], default="both")
    parser.add_argument("--address", default="127.0.0.1", help="to listen at")
    parser.add_argument("--tls", metavar="FOLDER", help="of camera-cert.pem and camera-key.pem: speak TLS")
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
    parser.add_argument("--switch-after", type=float, help="seconds until the picture has half its width and height")
    parser.add_argument("--drop", type=float, default=0, help="share of pictures left out by chance, 0 to 1")
    parser.add_argument("--pattern", default="smpte", help="of videotestsrc; it moves sideways")
    return parser.parse_args()


def picture_size(options, divisor=1):
    return f"width={options.width // divisor},height={options.height // divisor}"


def video_branch(options):
    picture = (
        f"videotestsrc is-live=true pattern={options.pattern} horizontal-speed=4"
        f" ! capsfilter name=picture caps=video/x-raw,format=I420,{picture_size(options)},framerate={options.fps}/1"
    )
    if options.drop:
        picture += f" ! identity drop-probability={options.drop}"
    if options.video == "mjpeg":
        return f"{picture} ! jpegenc ! rtpjpegpay name=pay0 pt=26 mtu=1400"
    encoder = h265_encoder(options) if options.video.startswith("h265") else h264_encoder(options)
    return f"{picture} ! {encoder} name=pay0 pt=96 config-interval=-1 mtu=1400"


def h264_encoder(options):
    bframes = options.video == "high-bframes"
    profile = "constrained-baseline" if options.video == "baseline" else "high"
    # A single encoder thread: frames leave one by one and two cores stay free for what is tested.
    tune = "" if bframes else "tune=zerolatency sliced-threads=false"
    return (
        f"x264enc speed-preset=ultrafast {tune} threads=1 bitrate={options.bitrate}"
        f" key-int-max={options.gop} option-string=scenecut=0 b-adapt=false bframes={2 if bframes else 0}"
        f" {'cabac=false' if options.video == 'baseline' else 'cabac=true dct8x8=true'}"
        f" ! video/x-h264,profile={profile},stream-format=byte-stream"
        " ! h264parse ! rtph264pay"
    )


def h265_encoder(options):
    tune = "" if options.video == "h265-bframes" else "tune=zerolatency"
    bframes = "bframes=2:b-adapt=0:rc-lookahead=4" if options.video == "h265-bframes" else "bframes=0"
    return (
        f"x265enc speed-preset=ultrafast {tune} bitrate={options.bitrate} key-int-max={options.gop}"
        f" option-string=scenecut=0:pools=1:frame-threads=1:{bframes}"
        " ! video/x-h265,profile=main,stream-format=byte-stream"
        " ! h265parse ! rtph265pay"
    )


def audio_branch(options, index):
    tone = "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample"
    packet = "min-ptime=20000000 max-ptime=20000000"
    chains = {
        "opus": "audio/x-raw,rate=48000,channels=2 ! opusenc bitrate=64000 frame-size=20"
        " ! rtpopuspay name=pay{} pt=97",
        "alaw": f"audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay{{}} pt=8 {packet}",
        "mulaw": f"audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay{{}} pt=0 {packet}",
        "aac": "audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=96000 ! aacparse ! rtpmp4gpay name=pay{} pt=97",
        "latm": "audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=96000 ! aacparse ! rtpmp4apay name=pay{} pt=97",
        "g722": f"audio/x-raw,rate=16000,channels=1 ! avenc_g722 ! rtpg722pay name=pay{{}} pt=9 {packet}",
        "l16": f"audio/x-raw,rate=16000,channels=2 ! rtpL16pay name=pay{{}} pt=97 {packet}",
    }
    return f"{tone} ! {chains[options.audio].format(index)}"


def pipeline(options):
    branches = []
    if options.video != "none":
        branches.append(video_branch(options))
    if options.audio != "none":
        branches.append(audio_branch(options, len(branches)))
    return "( " + " ".join(branches) + " )"


def switch_picture(media, options):
    """The encoder meets another picture size while it runs, as when a camera's settings are changed."""
    filter = media.get_element().get_by_name("picture")
    caps = f"video/x-raw,format=I420,{picture_size(options, 2)},framerate={options.fps}/1"
    GLib.timeout_add(
        int(options.switch_after * 1000),
        lambda: (filter.set_property("caps", Gst.Caps.from_string(caps)), False)[1],
    )


def emit(event, **facts):
    # One write a line: requests of several clients are handled on threads of their own.
    os.write(1, (json.dumps({"event": event, **facts}) + "\n").encode())


def protocols(name):
    tcp, udp = GstRtsp.RTSPLowerTrans.TCP, GstRtsp.RTSPLowerTrans.UDP
    return {"tcp": tcp, "udp": udp, "multicast": GstRtsp.RTSPLowerTrans.UDP_MCAST, "both": tcp | udp}[name]


def offer_multicast(factory):
    """Groups of the range for documentation (RFC 5771), which nobody else uses; no router passes them on."""
    pool = GstRtspServer.RTSPAddressPool()
    pool.add_range("233.252.0.1", "233.252.0.10", 5000 + os.getpid() % 20000 * 2, 45999, 1)
    factory.set_address_pool(pool)


def protect(server, factory, options):
    """Only the named user may see that there is a stream and play it; the others get 401."""
    auth = server.get_auth() or GstRtspServer.RTSPAuth()
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


def encrypt(server, factory, folder, open_to_all):
    auth = server.get_auth() or GstRtspServer.RTSPAuth()
    certificate = os.path.join(folder, "camera-cert.pem")
    auth.set_tls_certificate(
        Gio.TlsCertificate.new_from_files(certificate, os.path.join(folder, "camera-key.pem"))
    )
    server.set_auth(auth)
    if not open_to_all:
        return
    # With an authority there is no access without a role.
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "anyone")
    auth.set_default_token(token)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string("anyone, media.factory.access=true, media.factory.construct=true")
    )


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
    server.set_address(options.address)
    server.set_service(str(options.port))
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(pipeline(options))
    if options.switch_after:
        factory.connect("media-configure", lambda _, media: switch_picture(media, options))
    factory.set_shared(options.shared)
    factory.set_protocols(protocols(options.protocols))
    factory.set_latency(0)
    if options.protocols == "multicast":
        offer_multicast(factory)
    if options.auth != "none":
        protect(server, factory, options)
    if options.tls:
        encrypt(server, factory, options.tls, options.auth == "none")
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
