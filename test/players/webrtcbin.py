#!/usr/bin/python3
"""Plays a WHEP endpoint with GStreamer's webrtcbin until enough was decoded, and says goodbye.

Arguments: endpoint, h264 or h265, pictures wanted, pieces of Opus wanted, seconds at most. Prints one JSON object on
standard output: what was decoded of each, the HTTP statuses and the problems.
"""

import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

FORMATS = {
    "h264": "encoding-name=H264,packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "h265": "encoding-name=H265,level-id=(string)150",
}
CHAINS = {
    "H264": "rtph264depay ! h264parse ! avdec_h264 ! fakesink name=sink signal-handoffs=true",
    "H265": "rtph265depay ! h265parse ! avdec_h265 ! fakesink name=sink signal-handoffs=true",
    "OPUS": "rtpopusdepay ! opusdec ! fakesink name=sink signal-handoffs=true",
}


def send(address, method, body=None, content_type=None):
    headers = {"Content-Type": content_type} if content_type else {}
    request = urllib.request.Request(address, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read().decode()


def main():
    endpoint, codec, pictures, pieces, seconds = sys.argv[1:]
    wanted = {"video": int(pictures), "audio": int(pieces)}
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.Pipeline.new("player")
    webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
    webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    webrtc.set_property("latency", 50)
    pipeline.add(webrtc)
    seen = {"video": 0, "audio": 0, "statuses": [], "problems": []}

    def fail(problem):
        seen["problems"].append(problem)
        loop.quit()

    def on_pad(_element, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        caps = pad.get_current_caps().get_structure(0)
        chain = Gst.parse_bin_from_description(CHAINS[caps.get_string("encoding-name").upper()], True)
        media = caps.get_string("media")

        def count(_sink, _buffer, _pad):
            seen[media] += 1
            if all(seen[kind] >= number for kind, number in wanted.items()):
                loop.quit()

        chain.get_by_name("sink").connect("handoff", count)
        pipeline.add(chain)
        chain.sync_state_with_parent()
        pad.link(chain.get_static_pad("sink"))

    def on_offer(promise):
        # The offer lives in the reply.
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        webrtc.emit("set-local-description", offer, Gst.Promise.new())
        status, headers, body = send(endpoint, "POST", offer.sdp.as_text().encode(), "application/sdp")
        seen["statuses"].append(status)
        seen["answer"] = body
        if status != 201:
            return fail(body)
        seen["session"] = urljoin(endpoint, headers["Location"])
        _, message = GstSdp.SDPMessage.new_from_text(body)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        webrtc.emit("set-remote-description", answer, Gst.Promise.new())

    def on_message(_bus, message):
        if message.type == Gst.MessageType.ERROR:
            fail(str(message.parse_error()))

    webrtc.connect("pad-added", on_pad)
    receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
    video = Gst.caps_from_string(f"application/x-rtp,media=video,clock-rate=90000,payload=102,{FORMATS[codec]}")
    webrtc.emit("add-transceiver", receive, video)
    audio = Gst.caps_from_string("application/x-rtp,media=audio,clock-rate=48000,payload=111,encoding-name=OPUS")
    webrtc.emit("add-transceiver", receive, audio)

    def on_negotiation(element):
        # WHEP has one exchange; a section that was refused would be offered again and again.
        element.disconnect(negotiation)
        element.emit("create-offer", None, Gst.Promise.new_with_change_func(on_offer))

    negotiation = webrtc.connect("on-negotiation-needed", on_negotiation)
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(int(float(seconds) * 1000), lambda: fail("not enough was decoded in time"))
    loop.run()
    if "session" in seen:
        seen["statuses"].append(send(seen.pop("session"), "DELETE")[0])
    pipeline.set_state(Gst.State.NULL)
    print(json.dumps(seen))


main()
