#pragma once

#include <array>
#include <string>

#include "limits.h"
#include "route.h"

namespace dualcast {

/** One UDP socket for every viewer. */
class UdpSocket {
public:
	/** @param port 0 lets the system choose @throws std::system_error when the address cannot be bound */
	UdpSocket(const std::string& host, uint16_t port);
	~UdpSocket();
	UdpSocket(const UdpSocket&) = delete;
	UdpSocket& operator=(const UdpSocket&) = delete;

	int descriptor() const { return descriptor_; }
	uint16_t port() const;
	/** Whether the kernel knows UDP_SEGMENT. */
	bool canSegment() const;

private:
	int descriptor_ = -1;
};

/** Memory for datagrams that arrive together. */
class ReceiveBatch {
public:
	struct Datagram {
		Route from;
		View bytes;
		/** It was too long, and `bytes` is not all of it. */
		bool truncated;
	};

	/** Takes what is there, at most `RECEIVE_BATCH` datagrams. @returns how many */
	size_t receive(const UdpSocket& socket);
	Datagram at(size_t index) const;

private:
	std::array<std::array<uint8_t, limits::MAX_DATAGRAM>, limits::RECEIVE_BATCH> memory_;
	std::array<Route, limits::RECEIVE_BATCH> from_;
	std::array<size_t, limits::RECEIVE_BATCH> lengths_{};
	std::array<bool, limits::RECEIVE_BATCH> truncated_{};
};

}  // namespace dualcast
