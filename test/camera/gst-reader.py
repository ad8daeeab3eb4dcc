#!/usr/bin/python3
"""Reads H.264 and Opus by RTSP with GStreamer's rtspsrc and counts what is decoded.

Arguments: URL, tcp or udp, seconds. Prints one JSON object on standard output.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def main():
    url, protocols, seconds = sys.argv[1:]
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f'rtspsrc name=source location="{url}" protocols={protocols} latency=200'
        " ! rtph264depay ! h264parse ! avdec_h264 ! fakesink name=video signal-handoffs=true"
        " source. ! rtpopusdepay ! opusdec ! fakesink name=audio signal-handoffs=true"
    )
    seen = {"video": 0, "audio": 0, "problems": []}

    def count(sink, _buffer, _pad):
        seen[sink.get_name()] += 1

    for name in ("video", "audio"):
        pipeline.get_by_name(name).connect("handoff", count)
    loop = GLib.MainLoop()

    def on_message(_bus, message):
        if message.type == Gst.MessageType.ERROR:
            seen["problems"].append(str(message.parse_error()))
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            seen["problems"].append(str(message.parse_warning()))
        elif message.type == Gst.MessageType.EOS:
            seen["problems"].append("the stream ended")
            loop.quit()

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(int(float(seconds) * 1000), loop.quit)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    print(json.dumps(seen))


main()
