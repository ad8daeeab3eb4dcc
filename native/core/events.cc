#include "events.h"

#include "limits.h"

namespace dualcast {

bool EventQueue::push(Event event) {
	{
		const std::lock_guard lock(mutex_);
		if (event.kind == Event::Kind::RTCP) {
			if (rtcp_ == limits::MAX_QUEUED_RTCP) return false;
			rtcp_++;
		}
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
	for (size_t rtcp = 0; !events_.empty() && rtcp < limits::MAX_RTCP_PER_TURN; events_.pop_front()) {
		const Event& event = taken.emplace_back(std::move(events_.front()));
		if (event.kind == Event::Kind::RTCP) {
			rtcp++;
			rtcp_--;
		}
		if (event.kind == Event::Kind::STREAM) streamBytes_ -= event.bytes.size();
	}
	return taken;
}

}  // namespace dualcast
