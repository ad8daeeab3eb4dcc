#include "udp_socket.h"

#include <netinet/udp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace dualcast {

UdpSocket::UdpSocket(const std::string& host, uint16_t port) {
	Route local;
	if (!local.setAddress(host, port)) throw std::system_error(EINVAL, std::generic_category(), host);
	descriptor_ = ::socket(local.address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
	const int on = 1;
	if (local.isIPv6()) setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &limits::SOCKET_SEND_BUFFER, sizeof(int));
	setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &limits::SOCKET_RECEIVE_BUFFER, sizeof(int));
	if (bind(descriptor_, &local.address.any, local.addressLength()) == 0) return;
	const int error = errno;
	::close(descriptor_);
	throw std::system_error(error, std::generic_category(), "bind");
}

UdpSocket::~UdpSocket() { ::close(descriptor_); }

uint16_t UdpSocket::port() const {
	Route bound;
	socklen_t length = sizeof bound.address;
	getsockname(descriptor_, &bound.address.any, &length);
	return bound.port();
}

bool UdpSocket::canSegment() const {
	int size = 0;
	socklen_t length = sizeof size;
	return getsockopt(descriptor_, SOL_UDP, UDP_SEGMENT, &size, &length) == 0;
}

size_t ReceiveBatch::receive(const UdpSocket& socket) {
	mmsghdr headers[limits::RECEIVE_BATCH];
	iovec parts[limits::RECEIVE_BATCH];
	std::memset(headers, 0, sizeof headers);
	for (size_t at = 0; at < limits::RECEIVE_BATCH; at++) {
		from_[at] = {};
		parts[at] = {memory_[at].data(), memory_[at].size()};
		headers[at].msg_hdr.msg_name = &from_[at].address;
		headers[at].msg_hdr.msg_namelen = sizeof from_[at].address;
		headers[at].msg_hdr.msg_iov = &parts[at];
		headers[at].msg_hdr.msg_iovlen = 1;
	}
	const int received = recvmmsg(socket.descriptor(), headers, limits::RECEIVE_BATCH, MSG_DONTWAIT, nullptr);
	if (received <= 0) return 0;
	for (size_t at = 0; at < static_cast<size_t>(received); at++) {
		from_[at].socket = socket.descriptor();
		lengths_[at] = headers[at].msg_len;
		truncated_[at] = (headers[at].msg_hdr.msg_flags & MSG_TRUNC) != 0;
	}
	return static_cast<size_t>(received);
}

ReceiveBatch::Datagram ReceiveBatch::at(size_t index) const {
	return {from_[index], {memory_[index].data(), lengths_[index]}, truncated_[index]};
}

}  // namespace dualcast
