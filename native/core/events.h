#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "bytes.h"

namespace dualcast {

/** What the threads tell JavaScript. */
struct Event {
	enum class Kind : uint8_t {
		/** A viewer's DTLS is done. */
		SECURED,
		/** Decrypted RTCP of a viewer, in `bytes`. */
		RTCP,
		/** A viewer went away or failed; `text` is the reason. */
		CLOSED,
		/** Bytes, framed, for the TCP connection `id`. */
		STREAM,
		/** An authenticated check of a viewer came over the TCP connection `connection`. */
		CHECKED,
	};
	Kind kind;
	/** Of the viewer or connection. */
	uint32_t id;
	Bytes bytes;
	std::string text;
	uint32_t connection = 0;
};

/** Events on their way to JavaScript: many at a time, in order, in bounded memory. */
class EventQueue {
public:
	/** @param wake is called, on any thread, when there is something after there was nothing */
	explicit EventQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

	/** @returns false when it was dropped: too much RTCP or too many bytes for TCP connections wait */
	bool push(Event event);
	/**
	 * Everything so far, up to RTCP packet `limits::MAX_RTCP_PER_TURN`. Nobody is woken for what is left behind that one.
	 */
	std::vector<Event> take();

private:
	const std::function<void()> wake_;
	std::mutex mutex_;
	std::deque<Event> events_;
	size_t rtcp_ = 0;
	size_t streamBytes_ = 0;
};

}  // namespace dualcast
