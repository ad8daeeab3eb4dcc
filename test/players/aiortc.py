#!/usr/bin/python3
"""Plays a WHEP endpoint with aiortc until enough was decoded, and says goodbye.

Arguments: endpoint, pictures wanted, pieces of sound wanted, seconds at most. Prints one JSON object on standard
output: what was decoded of each, the HTTP statuses and the problems.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urljoin

# This file has the library's name.
sys.path.pop(0)
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription  # noqa: E402


def send(address, method, body=None, content_type=None):
    headers = {"Content-Type": content_type} if content_type else {}
    request = urllib.request.Request(address, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read().decode()


async def main():
    endpoint, pictures, pieces, seconds = sys.argv[1:]
    wanted = {"video": int(pictures), "audio": int(pieces)}
    seen = {"video": 0, "audio": 0, "width": 0, "statuses": [], "problems": []}
    done = asyncio.Event()
    tasks = []
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def count(track):
        while not done.is_set():
            frame = await track.recv()
            seen[track.kind] += 1
            if track.kind == "video":
                seen["width"] = frame.width
            if all(seen[kind] >= number for kind, number in wanted.items()):
                done.set()

    @peer.on("track")
    def on_track(track):
        tasks.append(asyncio.ensure_future(count(track)))

    for kind, number in wanted.items():
        if number > 0:
            peer.addTransceiver(kind, direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription.sdp.encode()
    status, headers, body = await asyncio.to_thread(send, endpoint, "POST", offer, "application/sdp")
    seen["statuses"].append(status)
    if status == 201:
        await peer.setRemoteDescription(RTCSessionDescription(body, "answer"))
        try:
            await asyncio.wait_for(done.wait(), float(seconds))
        except asyncio.TimeoutError:
            seen["problems"].append("not enough was decoded in time")
        session = urljoin(endpoint, headers["Location"])
        seen["statuses"].append((await asyncio.to_thread(send, session, "DELETE"))[0])
    else:
        seen["problems"].append(body)
    for task in tasks:
        task.cancel()
    await peer.close()
    print(json.dumps(seen))


asyncio.run(main())
