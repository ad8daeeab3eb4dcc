#include "media_batch.h"

#include <cstring>

#include "limits.h"

namespace dualcast {
namespace {

struct Header {
	uint32_t ssrc, timestamp, sequenceAndMarker, length;
};
constexpr uint32_t MARKER = 0x10000;

}  // namespace

std::shared_ptr<const MediaBatch> MediaBatch::read(View packets, std::vector<Destination> destinations) {
	auto batch = std::make_shared<MediaBatch>();
	batch->memory = packets.copy();
	batch->destinations = std::move(destinations);
	const Bytes& memory = batch->memory;
	for (size_t position = 0; position < memory.size();) {
		Header header{};
		if (memory.size() - position < sizeof header) return nullptr;
		std::memcpy(&header, memory.data() + position, sizeof header);
		position += sizeof header;
		const size_t room = (size_t{header.length} + 3) / 4 * 4;
		if (memory.size() - position < room) return nullptr;
		if (header.length > limits::MAX_PAYLOAD) {
			batch->refused++;
		} else {
			batch->packets.push_back({header.ssrc, header.timestamp, static_cast<uint16_t>(header.sequenceAndMarker),
			                          (header.sequenceAndMarker & MARKER) != 0, {memory.data() + position, header.length}});
		}
		position += room;
	}
	return batch;
}

std::shared_ptr<const MediaBatch> MediaBatch::again(const std::shared_ptr<const MediaBatch>& read,
                                                    std::vector<Destination> destinations) {
	return std::make_shared<MediaBatch>(MediaBatch{{}, read->packets, std::move(destinations), read->refused, read});
}

}  // namespace dualcast
