"""Plays an address by GStreamer's playbin3 for a while, into nothing, and says as JSON what it showed.

    gst-player.py URL SECONDS
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

DEADLINE = 30


class Sink:
    """Counts what is shown, and the seconds from one picture to the next."""

    def __init__(self):
        self.element = Gst.ElementFactory.make("fakesink")
        self.element.set_property("sync", True)
        self.element.set_property("signal-handoffs", True)
        self.element.connect("handoff", self.handoff)
        self.count = 0
        self.first = None
        self.last = None
        self.longest = 0

    def handoff(self, _sink, buffer, _pad):
        self.count += 1
        if self.last is not None:
            self.longest = max(self.longest, buffer.pts - self.last)
        self.first = buffer.pts if self.first is None else self.first
        self.last = buffer.pts

    def facts(self):
        played = 0 if self.first is None else (self.last - self.first) / Gst.SECOND
        return {"count": self.count, "seconds": played, "longest": self.longest / Gst.SECOND}


def main():
    url, seconds = sys.argv[1], float(sys.argv[2])
    Gst.init(None)
    player = Gst.ElementFactory.make("playbin3")
    video, audio = Sink(), Sink()
    player.set_property("uri", url)
    player.set_property("video-sink", video.element)
    player.set_property("audio-sink", audio.element)
    complaints = []
    loop = GLib.MainLoop()

    def on_message(_bus, message):
        if message.type == Gst.MessageType.ERROR:
            complaints.append(str(message.parse_error()))
            loop.quit()
        elif message.type == Gst.MessageType.WARNING:
            complaints.append(str(message.parse_warning()))
        elif message.type == Gst.MessageType.BUFFERING:
            # As a player does.
            full = message.parse_buffering() == 100
            player.set_state(Gst.State.PLAYING if full else Gst.State.PAUSED)
        elif message.type == Gst.MessageType.EOS:
            complaints.append("the stream ended")
            loop.quit()

    bus = player.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)

    def enough():
        played = max(video.facts()["seconds"], audio.facts()["seconds"])
        if played >= seconds:
            loop.quit()
        return played < seconds

    GLib.timeout_add(100, enough)
    GLib.timeout_add_seconds(DEADLINE, loop.quit)
    player.set_state(Gst.State.PLAYING)
    loop.run()
    player.set_state(Gst.State.NULL)
    print(json.dumps({"video": video.facts(), "audio": audio.facts(), "complaints": complaints}))


if __name__ == "__main__":
    main()
