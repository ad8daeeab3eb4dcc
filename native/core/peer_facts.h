#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "route.h"

namespace dualcast {

/** How far a viewer came: written by the transport's threads, read by anyone. */
struct PeerFacts {
	std::atomic<uint32_t> bindingRequests{0};
	std::atomic<uint32_t> dtlsDatagrams{0};
	/** Datagrams that wait for the viewer's thread. */
	std::atomic<uint32_t> waiting{0};
	std::atomic<bool> secured{false};

	/** Where it is reached, once a pair was nominated. */
	std::optional<Route> remote() const {
		const std::lock_guard lock(mutex_);
		return remote_;
	}
	void setRemote(const Route& route) {
		const std::lock_guard lock(mutex_);
		remote_ = route;
	}

private:
	mutable std::mutex mutex_;
	std::optional<Route> remote_;
};

}  // namespace dualcast
