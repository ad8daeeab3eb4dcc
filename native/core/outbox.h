#pragma once

#include <memory>
#include <vector>

#include "counters.h"
#include "events.h"
#include "limits.h"
#include "route.h"

namespace dualcast {

/**
 * Datagrams on their way out of one thread. Those of one viewer lie side by side, so that a run of equal length goes
 * to the kernel as one message, which it cuts (UDP_SEGMENT); one call takes the messages of many viewers.
 */
class Outbox {
public:
	/** @param segmentation whether the kernel is asked to cut; it is not asked again when it cannot */
	Outbox(EventQueue& events, Counters& counters, bool segmentation);

	/** Datagrams from now on go this way; it must stay until `flush`. */
	void begin(const Route& route);
	/** Memory for a datagram of at most `MAX_DATAGRAM` bytes. */
	uint8_t* room();
	/** The media packet in `room` has this length; 0 gives the room back. */
	void commit(size_t length);
	/** A datagram other than media. */
	void add(const Route& route, View datagram);
	/** Hands everything to the kernel. What a full socket does not take in time is dropped and counted. */
	void flush();

	bool segmentation() const { return segmentation_; }

private:
	/** Datagrams of `segment` bytes, of which the last may be shorter. */
	struct Message {
		const Route* route;
		size_t start;
		size_t length;
		size_t segment;
		size_t count;
		bool media;
	};

	void append(size_t length, bool media);
	bool extends(const Message& message, size_t length) const;
	void sendRun(size_t first, size_t end);
	/** @returns false if the message must be given up or was sent in parts */
	bool recover(int error, const Message& message, int& patience);
	void sendSplit(const Message& message);
	void sendOverStream(const Message& message);
	/** The kernel, or JavaScript, has taken this much of it. */
	void sent(const Message& message, size_t datagrams, size_t bytes);
	void drop(size_t datagrams) { count(counters_.sendErrors, datagrams); }

	EventQueue& events_;
	Counters& counters_;
	bool segmentation_;
	std::unique_ptr<uint8_t[]> memory_{new uint8_t[limits::OUTBOX_BYTES]};
	size_t filled_ = 0;
	std::vector<Message> messages_;
	const Route* route_ = nullptr;
	/** The next datagram starts a message of its own. */
	bool fresh_ = true;
};

}  // namespace dualcast
