#pragma once

#include <memory>
#include <vector>

#include "bytes.h"
#include "srtp_sender.h"

namespace dualcast {

/** One viewer's copy of a track: what differs from the shared packet in its RTP header. */
struct Destination {
	uint32_t viewer;
	uint32_t payloadType;
	/** Added to the sequence number, modulo 2^16. */
	uint32_t sequenceOffset;
};

/** Packets, and who gets them. Shared by the threads and never changed. */
struct MediaBatch {
	Bytes memory;
	/** Refer to `memory`. */
	std::vector<MediaPacket> packets;
	std::vector<Destination> destinations;
	/** Packets that are too long to be sent. */
	size_t refused = 0;
	/** Has the memory in place of this one, if it is of another batch. */
	std::shared_ptr<const MediaBatch> owner;

	/**
	 * Reads what JavaScript wrote: for each packet four words of this machine (SSRC, timestamp, sequence number with
	 * the marker above it as bit 16, payload length), then the payload, padded to whole words.
	 *
	 * @returns null if the bytes are no such packets
	 */
	static std::shared_ptr<const MediaBatch> read(View packets, std::vector<Destination> destinations);

	/** The packets of a batch that was read, for others. */
	static std::shared_ptr<const MediaBatch> again(const std::shared_ptr<const MediaBatch>& read,
	                                               std::vector<Destination> destinations);
};

}  // namespace dualcast
