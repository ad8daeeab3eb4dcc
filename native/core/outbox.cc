#include "outbox.h"

#include <netinet/udp.h>
#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "byte_order.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace dualcast {
namespace {

/** Messages of one system call. */
constexpr size_t CALL = 64;

struct alignas(cmsghdr) Control {
	uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
};

void setSegment(msghdr& header, Control& control, size_t segment) {
	header.msg_control = control.bytes;
	header.msg_controllen = sizeof control.bytes;
	cmsghdr* const part = CMSG_FIRSTHDR(&header);
	part->cmsg_level = SOL_UDP;
	part->cmsg_type = UDP_SEGMENT;
	part->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	const auto size = static_cast<uint16_t>(segment);
	std::memcpy(CMSG_DATA(part), &size, sizeof size);
}

}  // namespace

Outbox::Outbox(EventQueue& events, Counters& counters, bool segmentation)
    : events_(events), counters_(counters), segmentation_(segmentation) {
	messages_.reserve(limits::OUTBOX_MESSAGES);
}

void Outbox::begin(const Route& route) {
	route_ = &route;
	fresh_ = true;
}

uint8_t* Outbox::room() {
	if (filled_ + limits::MAX_DATAGRAM > limits::OUTBOX_BYTES || messages_.size() == limits::OUTBOX_MESSAGES) flush();
	return memory_.get() + filled_;
}

void Outbox::commit(size_t length) {
	if (length > 0) append(length, true);
}

void Outbox::append(size_t length, bool media) {
	if (!messages_.empty() && extends(messages_.back(), length)) {
		messages_.back().length += length;
		messages_.back().count++;
	} else {
		messages_.push_back({route_, filled_, length, length, 1, media});
	}
	filled_ += length;
	fresh_ = false;
}

bool Outbox::extends(const Message& message, size_t length) const {
	if (fresh_ || message.count == limits::MAX_SEGMENTS || message.length + length > limits::MAX_SEGMENTED_BYTES) {
		return false;
	}
	if (message.route->overUdp() && !segmentation_) return false;
	return message.length == message.count * message.segment && length <= message.segment;
}

void Outbox::add(const Route& route, View datagram) {
	begin(route);
	if (datagram.size > limits::MAX_DATAGRAM) return drop(1);
	std::memcpy(room(), datagram.data, datagram.size);
	append(datagram.size, false);
}

void Outbox::flush() {
	for (size_t first = 0; first < messages_.size();) {
		const Route& route = *messages_[first].route;
		if (!route.overUdp()) {
			sendOverStream(messages_[first++]);
			continue;
		}
		size_t end = first + 1;
		const auto sameSocket = [&](const Message& next) {
			return next.route->overUdp() && next.route->socket == route.socket;
		};
		while (end < messages_.size() && end - first < CALL && sameSocket(messages_[end])) end++;
		sendRun(first, end);
		first = end;
	}
	messages_.clear();
	filled_ = 0;
	fresh_ = true;
}

void Outbox::sent(const Message& message, size_t datagrams, size_t bytes) {
	if (!message.media) return;
	count(counters_.packetsSent, datagrams);
	count(counters_.bytesSent, bytes);
}

void Outbox::sendRun(size_t first, size_t end) {
	mmsghdr headers[CALL];
	iovec parts[CALL];
	Control controls[CALL];
	std::memset(headers, 0, (end - first) * sizeof headers[0]);
	for (size_t at = first; at < end; at++) {
		const Message& message = messages_[at];
		msghdr& header = headers[at - first].msg_hdr;
		parts[at - first] = {memory_.get() + message.start, message.length};
		header.msg_name = const_cast<sockaddr*>(&message.route->address.any);
		header.msg_namelen = message.route->addressLength();
		header.msg_iov = &parts[at - first];
		header.msg_iovlen = 1;
		if (message.count > 1) setSegment(header, controls[at - first], message.segment);
	}
	int patience = limits::SOCKET_WAIT_MS;
	for (size_t at = first; at < end;) {
		const int socket = messages_[first].route->socket;
		const int taken = sendmmsg(socket, &headers[at - first], static_cast<unsigned>(end - at), MSG_DONTWAIT);
		if (taken > 0) {
			for (const size_t next = at + static_cast<size_t>(taken); at < next; at++) {
				sent(messages_[at], messages_[at].count, messages_[at].length);
			}
		} else if (!recover(errno, messages_[at], patience)) {
			at++;
		}
	}
}

bool Outbox::recover(int error, const Message& message, int& patience) {
	if (error == EINTR) return true;
	const bool full = error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
	if (full && patience > 0) {
		pollfd socket{message.route->socket, POLLOUT, 0};
		// One wait for the whole run: a link that is full stays full for the next viewer, too.
		patience = poll(&socket, 1, patience) > 0 && error != ENOBUFS ? patience - 1 : 0;
		return true;
	}
	const bool cannotCut = error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT;
	const bool pathTooSmall = error == EINVAL || error == EMSGSIZE;
	if (message.count > 1 && (cannotCut || pathTooSmall)) {
		// The network card cannot sum up what the kernel cuts, which holds for everyone; a path's MTU for one viewer.
		if (cannotCut) segmentation_ = false;
		sendSplit(message);
	} else {
		drop(message.count);
	}
	return false;
}

void Outbox::sendSplit(const Message& message) {
	const Route& route = *message.route;
	for (size_t at = 0; at < message.length; at += message.segment) {
		const size_t length = std::min(message.segment, message.length - at);
		const ssize_t taken = sendto(route.socket, memory_.get() + message.start + at, length, MSG_DONTWAIT,
		                             &route.address.any, route.addressLength());
		if (taken < 0) {
			drop(1);
		} else {
			sent(message, 1, length);
		}
	}
}

void Outbox::sendOverStream(const Message& message) {
	// Each datagram after its length (RFC 4571).
	Bytes framed;
	framed.reserve(message.length + 2 * message.count);
	for (size_t at = 0; at < message.length; at += message.segment) {
		const size_t length = std::min(message.segment, message.length - at);
		const size_t start = framed.size();
		framed.resize(start + 2);
		writeU16(&framed[start], static_cast<uint16_t>(length));
		const uint8_t* const datagram = memory_.get() + message.start + at;
		framed.insert(framed.end(), datagram, datagram + length);
	}
	if (events_.push({Event::Kind::STREAM, message.route->connection, std::move(framed), {}})) {
		sent(message, message.count, message.length);
	} else {
		drop(message.count);
	}
}

}  // namespace dualcast
