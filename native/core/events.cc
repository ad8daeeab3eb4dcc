#include "events.h"

#include "limits.h"

namespace dualcast {

bool EventQueue::push(Event event) {
	{
		const std::lock_guard lock(mutex_);
		if (event.kind == Event::Kind::RTCP && ++rtcp_ > limits::MAX_QUEUED_RTCP) return false;
		if (event.kind == Event::Kind::STREAM) {
			if (streamBytes_ + event.bytes.size() > limits::MAX_QUEUED_STREAM_BYTES) return false;
			streamBytes_ += event.bytes.size();
		}
		events_.push_back(std::move(event));
		if (events_.size() > 1) return true;
	}
	wake_();
	return true;
}

std::vector<Event> EventQueue::take() {
	std::vector<Event> taken;
	const std::lock_guard lock(mutex_);
	taken.swap(events_);
	rtcp_ = 0;
	streamBytes_ = 0;
	return taken;
}

}  // namespace dualcast
